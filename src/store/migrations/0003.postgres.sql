-- Blocks sent to Featurebase of which nobody has told us what became: each may yet take effect. The job whose block
-- Featurebase said was done although the conversation did not show it, and when it said so first.
CREATE TABLE open_blocks (
    contact_id TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    calls      BIGINT NOT NULL,
    sent_at    BIGINT NOT NULL,
    said_job   TEXT COLLATE "C",
    said_at    BIGINT
);

-- When a bouncer was last at work on this store, and which.
CREATE TABLE presence (
    name TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL,
    who  TEXT COLLATE "C"   NOT NULL
);

-- How Featurebase and this store differed when they were last compared, a row for each contact; one list for each reason to compare.
CREATE TABLE differences (
    run        TEXT COLLATE "C"   NOT NULL,
    contact_id TEXT COLLATE "C"   NOT NULL,
    kind       TEXT COLLATE "C"   NOT NULL,
    told       TEXT COLLATE "C"   NOT NULL,
    found_at   BIGINT NOT NULL,
    PRIMARY KEY (run, contact_id)
);
