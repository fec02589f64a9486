-- Brakes that tripped: one row for each brake that ever did. The rule '' stands for all rules together. While `tripped_at`
-- is there, the brake holds; blocks count from `counted_from` on, the moment a person last released it.
CREATE TABLE brakes (
    rule         TEXT   NOT NULL PRIMARY KEY,
    kind         TEXT   NOT NULL,
    bound        TEXT   NOT NULL,
    blocks       BIGINT NOT NULL,
    tripped_at   BIGINT,
    counted_from BIGINT NOT NULL
) WITHOUT ROWID;

-- Which holds are there because of a brake alone, and of which.
CREATE TABLE braked_holds (
    rule     TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (rule, event_id)
) WITHOUT ROWID;
CREATE INDEX braked_holds_by_event ON braked_holds (event_id);

-- In which hour (since 1970) each contact was last heard of: a row is written once an hour for each.
CREATE TABLE active_senders (
    contact_id TEXT   NOT NULL PRIMARY KEY,
    hour       BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX active_senders_by_hour ON active_senders (hour);

-- Where people are told of what they must not miss. Rows of the record up to `floor` are no longer looked at.
CREATE TABLE alert_channels (
    channel     TEXT   NOT NULL PRIMARY KEY,
    floor       BIGINT NOT NULL,
    not_before  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    trouble     TEXT
) WITHOUT ROWID;

-- What each channel is to be told, by the row of the record it comes from.
CREATE TABLE alerts (
    channel    TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    topic      TEXT   NOT NULL,
    line       TEXT   NOT NULL,
    settled_at BIGINT,
    outcome    TEXT,
    PRIMARY KEY (channel, seq)
) WITHOUT ROWID;
CREATE INDEX alerts_waiting ON alerts (channel, seq) WHERE settled_at IS NULL;
CREATE INDEX alerts_settled ON alerts (channel, settled_at) WHERE settled_at IS NOT NULL;
