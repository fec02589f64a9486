-- Words of messages by which they are found: each only as a keyed hash, in the order of the text. The number of a message is
-- that of the row of the record that says it was received.
CREATE VIRTUAL TABLE message_words USING fts5(words, content='', contentless_delete=1, tokenize='ascii');

-- What the search knows of itself: `key` (of the hashes), `older` (below which number of the record messages are not indexed
-- yet), `sweep` (there while forgotten words are still to be overwritten).
CREATE TABLE search_state (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO search_state (name, value) VALUES ('key', lower(hex(randomblob(32))));
INSERT INTO search_state (name, value) SELECT 'older', CAST(MAX(seq) AS TEXT) FROM audit HAVING COUNT(*) > 0;

-- Which rows of the record are about a rule.
CREATE TABLE audit_rules (
    rule TEXT   NOT NULL,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (rule, seq)
) WITHOUT ROWID;
INSERT INTO audit_rules (rule, seq)
    WITH RECURSIVE part (seq, rule, rest) AS (
        SELECT seq, '', rules || ' ' FROM audit WHERE rules IS NOT NULL AND rules <> ''
        UNION ALL
        SELECT seq, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM part WHERE rest <> ''
    )
    SELECT DISTINCT rule, seq FROM part WHERE rule <> '';

-- The lowest and the highest number of the rows of each hour (since 1970): rows are written nearly, but not quite, in the order
-- of their time.
CREATE TABLE audit_hours (
    hour      BIGINT NOT NULL,
    slot      BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq  BIGINT NOT NULL,
    PRIMARY KEY (hour, slot)
) WITHOUT ROWID;
INSERT INTO audit_hours (hour, slot, first_seq, last_seq)
    SELECT CASE WHEN at < 0 THEN -1 ELSE at / 3600000 END, 0, MIN(seq), MAX(seq) FROM audit GROUP BY 1;

CREATE INDEX audit_by_actor ON audit (actor, seq) WHERE actor <> 'bouncer';
CREATE INDEX audit_by_conversation ON audit (conversation_id, seq) WHERE conversation_id IS NOT NULL;

-- Searches people keep under a name.
CREATE TABLE saved_searches (
    name     TEXT   NOT NULL PRIMARY KEY,
    query    TEXT   NOT NULL,
    saved_by TEXT   NOT NULL,
    saved_at BIGINT NOT NULL
) WITHOUT ROWID;
