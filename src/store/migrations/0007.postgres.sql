-- Keys: of each contact, of each conversation, of each day, and those the inbox is under. With SQLite a row is never deleted but
-- overwritten, and rows are only appended: so a key's bytes never move in the file, and none are left behind when it is destroyed.
-- PostgreSQL never overwrites: there the row is deleted and the table written anew.
CREATE TABLE seal_keys (
    key_id  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner   TEXT COLLATE "C"   UNIQUE,
    secret  BYTEA   NOT NULL,
    made_at BIGINT NOT NULL
);

-- Under which key a body is sealed; NULL: it stands as it was sent, from before this step.
ALTER TABLE inbox ADD COLUMN key_id BIGINT;
ALTER TABLE events ADD COLUMN key_id BIGINT;
CREATE INDEX events_of_nobody ON events (received_at) WHERE contact_id IS NULL AND conversation_id IS NULL;
CREATE INDEX events_in_plain ON events (event_id) WHERE key_id IS NULL AND body IS NOT NULL;
CREATE INDEX events_by_first ON events (same_as) WHERE same_as IS NOT NULL;

-- The personal part of rows of the record, by the row's place (its event, contact or conversation) and the commitment in the row.
CREATE TABLE sealed (
    place      TEXT COLLATE "C"   NOT NULL,
    commitment TEXT COLLATE "C"   NOT NULL,
    key_id     BIGINT NOT NULL,
    body       BYTEA   NOT NULL,
    PRIMARY KEY (place, commitment)
);

-- Looked up again when asked for.
DROP TABLE profiles;
CREATE TABLE profiles (
    contact_id   TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    looked_up_at BIGINT NOT NULL,
    key_id       BIGINT NOT NULL,
    body         BYTEA   NOT NULL
);
CREATE INDEX profiles_by_age ON profiles (looked_up_at);

-- Erasures that are not finished: files to be overwritten, and deliveries that came before and are not filed yet.
CREATE TABLE erasures (
    contact_id TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    ordered_at BIGINT NOT NULL
);

-- Contacts of whom nothing may be forgotten.
CREATE TABLE legal_holds (
    contact_id TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    actor      TEXT COLLATE "C"   NOT NULL,
    reason     TEXT COLLATE "C"   NOT NULL,
    at         BIGINT NOT NULL
);

-- Rows of the record whose text a legal hold kept when its time had come.
CREATE TABLE kept_back (
    contact_id TEXT COLLATE "C"   NOT NULL,
    event_id   TEXT COLLATE "C"   NOT NULL,
    PRIMARY KEY (contact_id, event_id)
);

-- What Featurebase has removed: one part of a conversation (by its id and time), or the whole (part '').
CREATE TABLE redactions (
    conversation_id TEXT COLLATE "C"   NOT NULL,
    part_id         TEXT COLLATE "C"   NOT NULL,
    written_at      BIGINT NOT NULL,
    told_at         BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, part_id)
);

-- How far forgetting by age has come, in rows of the record.
CREATE TABLE forgotten (
    name TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
);
