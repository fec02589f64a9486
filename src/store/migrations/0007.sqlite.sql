-- Keys: of each contact, of each conversation, of each day, and those the inbox is under. With SQLite a row is never deleted but
-- overwritten, and rows are only appended: so a key's bytes never move in the file, and none are left behind when it is destroyed.
-- PostgreSQL never overwrites: there the row is deleted and the table written anew.
CREATE TABLE seal_keys (
    key_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    owner   TEXT   UNIQUE,
    secret  BLOB   NOT NULL,
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
    place      TEXT   NOT NULL,
    commitment TEXT   NOT NULL,
    key_id     BIGINT NOT NULL,
    body       BLOB   NOT NULL,
    PRIMARY KEY (place, commitment)
) WITHOUT ROWID;

-- Looked up again when asked for.
DROP TABLE profiles;
CREATE TABLE profiles (
    contact_id   TEXT   NOT NULL PRIMARY KEY,
    looked_up_at BIGINT NOT NULL,
    key_id       BIGINT NOT NULL,
    body         BLOB   NOT NULL
) WITHOUT ROWID;
CREATE INDEX profiles_by_age ON profiles (looked_up_at);

-- Erasures that are not finished: files to be overwritten, and deliveries that came before and are not filed yet.
CREATE TABLE erasures (
    contact_id TEXT   NOT NULL PRIMARY KEY,
    ordered_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Contacts of whom nothing may be forgotten.
CREATE TABLE legal_holds (
    contact_id TEXT   NOT NULL PRIMARY KEY,
    actor      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    at         BIGINT NOT NULL
) WITHOUT ROWID;

-- Rows of the record whose text a legal hold kept when its time had come.
CREATE TABLE kept_back (
    contact_id TEXT   NOT NULL,
    event_id   TEXT   NOT NULL,
    PRIMARY KEY (contact_id, event_id)
) WITHOUT ROWID;

-- What Featurebase has removed: one part of a conversation (by its id and time), or the whole (part '').
CREATE TABLE redactions (
    conversation_id TEXT   NOT NULL,
    part_id         TEXT   NOT NULL,
    written_at      BIGINT NOT NULL,
    told_at         BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, part_id)
) WITHOUT ROWID;

-- How far forgetting by age has come, in rows of the record.
CREATE TABLE forgotten (
    name TEXT   NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
) WITHOUT ROWID;
