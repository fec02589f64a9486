-- What arrived and has not been looked at yet. Ids are time-ordered, so rows are appended.
CREATE TABLE inbox (
    event_id    TEXT   NOT NULL PRIMARY KEY,
    received_at BIGINT NOT NULL,
    body        BLOB   NOT NULL
);

-- Evidence: every event once, as it was sent.
CREATE TABLE events (
    event_id        TEXT   NOT NULL PRIMARY KEY,
    topic           TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    received_at     BIGINT NOT NULL,
    conversation_id TEXT,
    part_id         TEXT,
    contact_id      TEXT,
    same_as         TEXT,
    note            TEXT,
    body            BLOB
);
CREATE INDEX events_by_kind ON events (kind, received_at) WHERE kind <> 'message' AND kind <> 'other';

-- Each message once, whichever event brought it first.
CREATE TABLE messages (
    conversation_id TEXT   NOT NULL,
    part_id         TEXT   NOT NULL,
    event_id        TEXT   NOT NULL,
    contact_id      TEXT   NOT NULL,
    sent_at         BIGINT NOT NULL,
    fingerprint_id  BIGINT,
    PRIMARY KEY (conversation_id, part_id)
) WITHOUT ROWID;
CREATE INDEX messages_by_contact ON messages (contact_id, sent_at, event_id, fingerprint_id);

-- Each text once, in the form in which texts are compared.
CREATE TABLE fingerprints (
    fingerprint_id BIGINT NOT NULL PRIMARY KEY,
    bins           TEXT   NOT NULL,
    band_1         BIGINT NOT NULL,
    band_2         BIGINT NOT NULL,
    band_3         BIGINT NOT NULL,
    band_4         BIGINT NOT NULL
) WITHOUT ROWID;

-- Who wrote what when: one row for each minute, however often somebody wrote the same in it. Likely near-duplicates share a band.
CREATE TABLE sightings (
    band           BIGINT NOT NULL,
    minute         BIGINT NOT NULL,
    contact_id     TEXT   NOT NULL,
    fingerprint_id BIGINT NOT NULL,
    first_at       BIGINT NOT NULL,
    first_event    TEXT   NOT NULL,
    last_at        BIGINT NOT NULL,
    PRIMARY KEY (band, minute, contact_id, fingerprint_id)
) WITHOUT ROWID;

-- Conversations a teammate has answered in, with the first time.
CREATE TABLE answers (
    conversation_id TEXT   NOT NULL PRIMARY KEY,
    answered_at     BIGINT NOT NULL
) WITHOUT ROWID;

-- Work.
CREATE TABLE jobs (
    job_id      TEXT   NOT NULL PRIMARY KEY,
    task        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    detail      TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    run_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    last_error  TEXT
) WITHOUT ROWID;
CREATE INDEX jobs_by_time ON jobs (task, run_at, job_id);
CREATE INDEX jobs_by_subject ON jobs (subject, task);
CREATE INDEX jobs_by_lease ON jobs (lease_owner) WHERE lease_owner IS NOT NULL;

-- The record: rows are only ever added.
CREATE TABLE audit (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    at              BIGINT NOT NULL,
    action          TEXT   NOT NULL,
    actor           TEXT   NOT NULL,
    contact_id      TEXT,
    conversation_id TEXT,
    event_id        TEXT,
    verdict         TEXT,
    rules           TEXT,
    detail          TEXT   NOT NULL
);
CREATE INDEX audit_by_contact ON audit (contact_id, seq) WHERE contact_id IS NOT NULL;
CREATE INDEX audit_by_event ON audit (event_id, seq) WHERE event_id IS NOT NULL;
-- What nearly every message leaves needs no index: it is found by walking back from the end.
CREATE INDEX audit_by_action ON audit (action, seq) WHERE action <> 'received' AND action <> 'decided';
CREATE INDEX audit_past_blocks ON audit (contact_id, action, at) WHERE action = 'blocked' OR action = 'unblocked';
CREATE INDEX audit_by_verdict ON audit (verdict, seq) WHERE verdict <> 'clean';

-- The law: the text of every rulebook that was ever in force.
CREATE TABLE rulebooks (
    digest     TEXT   NOT NULL PRIMARY KEY,
    files      TEXT   NOT NULL,
    adopted_at BIGINT NOT NULL
);

-- Where each contact stands with us. The fence grows with every order of a person. A block for a time has its length, and
-- once it is done, its end.
CREATE TABLE contacts (
    contact_id   TEXT   NOT NULL PRIMARY KEY,
    standing     TEXT   NOT NULL,
    fence        BIGINT NOT NULL,
    event_id     TEXT,
    changed_at   BIGINT NOT NULL,
    exempt_until BIGINT,
    block_for    BIGINT,
    ends_at      BIGINT
) WITHOUT ROWID;

-- What Featurebase keeps of contacts, as it was looked up last.
CREATE TABLE profiles (
    contact_id   TEXT   NOT NULL PRIMARY KEY,
    looked_up_at BIGINT NOT NULL,
    body         TEXT   NOT NULL
) WITHOUT ROWID;
CREATE INDEX profiles_by_age ON profiles (looked_up_at);

-- Blocks that wait for a person.
CREATE TABLE holds (
    event_id        TEXT   NOT NULL PRIMARY KEY,
    contact_id      TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    held_at         BIGINT NOT NULL,
    rules           TEXT   NOT NULL,
    because         TEXT   NOT NULL,
    settled_at      BIGINT,
    settled_by      TEXT,
    outcome         TEXT
) WITHOUT ROWID;
CREATE INDEX holds_open ON holds (held_at) WHERE settled_at IS NULL;
CREATE INDEX holds_by_contact ON holds (contact_id);

-- Blocks decided on by rule, for the brake; the rule '' stands for all together.
CREATE TABLE brake (
    rule     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    event_id TEXT   NOT NULL,
    PRIMARY KEY (rule, at, event_id)
) WITHOUT ROWID;

-- Switches that people throw, for all replicas.
CREATE TABLE switches (
    name   TEXT   NOT NULL PRIMARY KEY,
    actor  TEXT   NOT NULL,
    reason TEXT   NOT NULL,
    at     BIGINT NOT NULL
);

-- How often each rule fired on a day (days since 1970, UTC), and what became of those messages.
CREATE TABLE rule_days (
    day     BIGINT NOT NULL,
    rule    TEXT   NOT NULL,
    stage   TEXT   NOT NULL,
    fired   BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    held    BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (day, rule, stage)
) WITHOUT ROWID;

-- How many messages met an entry of a list.
CREATE TABLE list_hits (
    list    TEXT   NOT NULL,
    entry   TEXT   NOT NULL,
    hits    BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (list, entry)
) WITHOUT ROWID;
