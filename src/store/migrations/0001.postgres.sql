-- What arrived and has not been looked at yet. Ids are time-ordered, so rows are appended.
CREATE TABLE inbox (
    event_id    TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    received_at BIGINT NOT NULL,
    body        BYTEA   NOT NULL
);

-- Evidence: every event once, as it was sent.
CREATE TABLE events (
    event_id        TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    topic           TEXT COLLATE "C"   NOT NULL,
    kind            TEXT COLLATE "C"   NOT NULL,
    received_at     BIGINT NOT NULL,
    conversation_id TEXT COLLATE "C",
    part_id         TEXT COLLATE "C",
    contact_id      TEXT COLLATE "C",
    same_as         TEXT COLLATE "C",
    note            TEXT COLLATE "C",
    body            BYTEA
);
CREATE INDEX events_by_kind ON events (kind, received_at) WHERE kind <> 'message' AND kind <> 'other';

-- Each message once, whichever event brought it first.
CREATE TABLE messages (
    conversation_id TEXT COLLATE "C"   NOT NULL,
    part_id         TEXT COLLATE "C"   NOT NULL,
    event_id        TEXT COLLATE "C"   NOT NULL,
    contact_id      TEXT COLLATE "C"   NOT NULL,
    sent_at         BIGINT NOT NULL,
    fingerprint_id  BIGINT,
    PRIMARY KEY (conversation_id, part_id)
);
CREATE INDEX messages_by_contact ON messages (contact_id, sent_at, event_id, fingerprint_id);

-- Each text once, in the form in which texts are compared.
CREATE TABLE fingerprints (
    fingerprint_id BIGINT NOT NULL PRIMARY KEY,
    bins           TEXT COLLATE "C"   NOT NULL,
    band_1         BIGINT NOT NULL,
    band_2         BIGINT NOT NULL,
    band_3         BIGINT NOT NULL,
    band_4         BIGINT NOT NULL
);

-- Who wrote what when: one row for each minute, however often somebody wrote the same in it. Likely near-duplicates share a band.
CREATE TABLE sightings (
    band           BIGINT NOT NULL,
    minute         BIGINT NOT NULL,
    contact_id     TEXT COLLATE "C"   NOT NULL,
    fingerprint_id BIGINT NOT NULL,
    first_at       BIGINT NOT NULL,
    first_event    TEXT COLLATE "C"   NOT NULL,
    last_at        BIGINT NOT NULL,
    PRIMARY KEY (band, minute, contact_id, fingerprint_id)
);

-- Conversations a teammate has answered in, with the first time.
CREATE TABLE answers (
    conversation_id TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    answered_at     BIGINT NOT NULL
);

-- Work.
CREATE TABLE jobs (
    job_id      TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    task        TEXT COLLATE "C"   NOT NULL,
    subject     TEXT COLLATE "C"   NOT NULL,
    detail      TEXT COLLATE "C"   NOT NULL,
    created_at  BIGINT NOT NULL,
    run_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    lease_owner TEXT COLLATE "C",
    lease_until BIGINT NOT NULL,
    last_error  TEXT COLLATE "C"
);
CREATE INDEX jobs_by_time ON jobs (task, run_at, job_id);
CREATE INDEX jobs_by_subject ON jobs (subject, task);
CREATE INDEX jobs_by_lease ON jobs (lease_owner) WHERE lease_owner IS NOT NULL;

-- The record: rows are only ever added.
CREATE TABLE audit (
    seq             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              BIGINT NOT NULL,
    action          TEXT COLLATE "C"   NOT NULL,
    actor           TEXT COLLATE "C"   NOT NULL,
    contact_id      TEXT COLLATE "C",
    conversation_id TEXT COLLATE "C",
    event_id        TEXT COLLATE "C",
    verdict         TEXT COLLATE "C",
    rules           TEXT COLLATE "C",
    detail          TEXT COLLATE "C"   NOT NULL
);
CREATE INDEX audit_by_contact ON audit (contact_id, seq) WHERE contact_id IS NOT NULL;
CREATE INDEX audit_by_event ON audit (event_id, seq) WHERE event_id IS NOT NULL;
-- What nearly every message leaves needs no index: it is found by walking back from the end.
CREATE INDEX audit_by_action ON audit (action, seq) WHERE action <> 'received' AND action <> 'decided';
CREATE INDEX audit_past_blocks ON audit (contact_id, action, at) WHERE action = 'blocked' OR action = 'unblocked';
CREATE INDEX audit_by_verdict ON audit (verdict, seq) WHERE verdict <> 'clean';

-- The law: the text of every rulebook that was ever in force.
CREATE TABLE rulebooks (
    digest     TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    files      TEXT COLLATE "C"   NOT NULL,
    adopted_at BIGINT NOT NULL
);

-- Where each contact stands with us. The fence grows with every order of a person. A block for a time has its length, and
-- once it is done, its end.
CREATE TABLE contacts (
    contact_id   TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    standing     TEXT COLLATE "C"   NOT NULL,
    fence        BIGINT NOT NULL,
    event_id     TEXT COLLATE "C",
    changed_at   BIGINT NOT NULL,
    exempt_until BIGINT,
    block_for    BIGINT,
    ends_at      BIGINT
);

-- What Featurebase keeps of contacts, as it was looked up last.
CREATE TABLE profiles (
    contact_id   TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    looked_up_at BIGINT NOT NULL,
    body         TEXT COLLATE "C"   NOT NULL
);
CREATE INDEX profiles_by_age ON profiles (looked_up_at);

-- Blocks that wait for a person.
CREATE TABLE holds (
    event_id        TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    contact_id      TEXT COLLATE "C"   NOT NULL,
    conversation_id TEXT COLLATE "C"   NOT NULL,
    held_at         BIGINT NOT NULL,
    rules           TEXT COLLATE "C"   NOT NULL,
    because         TEXT COLLATE "C"   NOT NULL,
    settled_at      BIGINT,
    settled_by      TEXT COLLATE "C",
    outcome         TEXT COLLATE "C"
);
CREATE INDEX holds_open ON holds (held_at) WHERE settled_at IS NULL;
CREATE INDEX holds_by_contact ON holds (contact_id);

-- Blocks decided on by rule, for the brake; the rule '' stands for all together.
CREATE TABLE brake (
    rule     TEXT COLLATE "C"   NOT NULL,
    at       BIGINT NOT NULL,
    event_id TEXT COLLATE "C"   NOT NULL,
    PRIMARY KEY (rule, at, event_id)
);

-- Switches that people throw, for all replicas.
CREATE TABLE switches (
    name   TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    actor  TEXT COLLATE "C"   NOT NULL,
    reason TEXT COLLATE "C"   NOT NULL,
    at     BIGINT NOT NULL
);

-- How often each rule fired on a day (days since 1970, UTC), and what became of those messages.
CREATE TABLE rule_days (
    day     BIGINT NOT NULL,
    rule    TEXT COLLATE "C"   NOT NULL,
    stage   TEXT COLLATE "C"   NOT NULL,
    fired   BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    held    BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (day, rule, stage)
);

-- How many messages met an entry of a list.
CREATE TABLE list_hits (
    list    TEXT COLLATE "C"   NOT NULL,
    entry   TEXT COLLATE "C"   NOT NULL,
    hits    BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (list, entry)
);
