-- Calls to Featurebase, by the second of Unix time they were taken out of the budget in, over all replicas.
CREATE TABLE calls_spent (
    at_second BIGINT NOT NULL PRIMARY KEY,
    spent     BIGINT NOT NULL
);

-- The gate before Featurebase, for all replicas: one row, named featurebase.
CREATE TABLE gate (
    name        TEXT   NOT NULL PRIMARY KEY,
    rest_until  BIGINT NOT NULL,
    probe_at    BIGINT NOT NULL,
    failures    BIGINT NOT NULL,
    key_refused BIGINT NOT NULL,
    why         TEXT   NOT NULL,
    noted_at    BIGINT NOT NULL
);
