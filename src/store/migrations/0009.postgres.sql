-- Words of messages by which they are found: each only as a keyed hash, in the order of the text. The number of a message is
-- that of the row of the record that says it was received.
CREATE TABLE message_words (
    rowid BIGINT   NOT NULL PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX message_words_by_word ON message_words USING gin (words);

-- What the search knows of itself: `key` (of the hashes), `older` (below which number of the record messages are not indexed
-- yet).
CREATE TABLE search_state (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
INSERT INTO search_state (name, value)
    SELECT 'key', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
INSERT INTO search_state (name, value) SELECT 'older', CAST(MAX(seq) AS TEXT) FROM audit HAVING COUNT(*) > 0;

-- Which rows of the record are about a rule.
CREATE TABLE audit_rules (
    rule TEXT COLLATE "C" NOT NULL,
    seq  BIGINT           NOT NULL,
    PRIMARY KEY (rule, seq)
);
INSERT INTO audit_rules (rule, seq)
    SELECT DISTINCT part.rule, audit.seq
    FROM audit CROSS JOIN LATERAL unnest(string_to_array(audit.rules, ' ')) AS part (rule)
    WHERE part.rule <> '';

-- The lowest and the highest number of the rows of each hour (since 1970): rows are written nearly, but not quite, in the order
-- of their time. Each connection has rows of its own, so that nobody waits for another.
CREATE TABLE audit_hours (
    hour      BIGINT NOT NULL,
    slot      BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq  BIGINT NOT NULL,
    PRIMARY KEY (hour, slot)
);
INSERT INTO audit_hours (hour, slot, first_seq, last_seq)
    SELECT CASE WHEN at < 0 THEN -1 ELSE at / 3600000 END, 0, MIN(seq), MAX(seq) FROM audit GROUP BY 1;

CREATE INDEX audit_by_actor ON audit (actor, seq) WHERE actor <> 'bouncer';
CREATE INDEX audit_by_conversation ON audit (conversation_id, seq) WHERE conversation_id IS NOT NULL;

-- Searches people keep under a name.
CREATE TABLE saved_searches (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    query    TEXT COLLATE "C" NOT NULL,
    saved_by TEXT COLLATE "C" NOT NULL,
    saved_at BIGINT           NOT NULL
);
