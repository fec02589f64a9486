-- What people said of decisions. The latest word on each stands here; those before it are in the record. `word` is empty when
-- an unblock has overruled it. Verdict, day (since 1970, UTC), rulebook and rules are those of the decision.
CREATE TABLE confirmations (
    event_id   TEXT   NOT NULL PRIMARY KEY,
    contact_id TEXT,
    word       TEXT   NOT NULL,
    undone     BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    verdict    TEXT   NOT NULL,
    day        BIGINT NOT NULL,
    book       TEXT   NOT NULL,
    rules      TEXT   NOT NULL
) WITHOUT ROWID;

-- How each rule of each rulebook fared, by the day (since 1970, UTC) of its decisions: in how many messages it fired, for how
-- many it had a block asked for, and what people said of those it had a part in. `mistaken` counts what was said to be wrong,
-- or undone, once each. The rulebook '' stands for the time before rulebooks were told apart.
CREATE TABLE ledger_days (
    day        BIGINT NOT NULL,
    rule       TEXT   NOT NULL,
    book       TEXT   NOT NULL,
    fired      BIGINT NOT NULL,
    acted      BIGINT NOT NULL,
    held       BIGINT NOT NULL,
    flagged    BIGINT NOT NULL,
    said_right BIGINT NOT NULL,
    said_wrong BIGINT NOT NULL,
    regretted  BIGINT NOT NULL,
    mistaken   BIGINT NOT NULL,
    PRIMARY KEY (day, rule, book)
) WITHOUT ROWID;
INSERT INTO ledger_days (day, rule, book, fired, acted, held, flagged, said_right, said_wrong, regretted, mistaken)
    SELECT day, rule, '', SUM(fired), SUM(blocked), SUM(held), SUM(flagged), 0, 0, 0, 0 FROM rule_days GROUP BY day, rule;

-- Rules whose blocks people regret more often than the policy allows.
CREATE TABLE regrets (
    rule      TEXT   NOT NULL PRIMARY KEY,
    since     BIGINT NOT NULL,
    acted     BIGINT NOT NULL,
    regretted BIGINT NOT NULL,
    bound     TEXT   NOT NULL,
    place     TEXT   NOT NULL
) WITHOUT ROWID;

-- What people undid by its cause: one row for each time, and one for each contact it dealt with.
CREATE TABLE undos (
    undo_id     TEXT   NOT NULL PRIMARY KEY,
    selection   TEXT   NOT NULL,
    actor       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT
) WITHOUT ROWID;
CREATE INDEX undos_open ON undos (selection) WHERE finished_at IS NULL;
CREATE TABLE undo_contacts (
    undo_id    TEXT   NOT NULL,
    contact_id TEXT   NOT NULL,
    did        TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (undo_id, contact_id)
) WITHOUT ROWID;
