-- What the lookout knows: since when we listen, the last delivery, the webhook's state, a silence, a gap under repair.
-- One row each, for all replicas.
CREATE TABLE watched (
    name   TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    at     BIGINT NOT NULL,
    detail TEXT COLLATE "C"   NOT NULL
);
INSERT INTO watched (name, at, detail)
    SELECT 'since', e.first_at, '' FROM (SELECT MIN(received_at) AS first_at FROM events) e WHERE e.first_at IS NOT NULL;
INSERT INTO watched (name, at, detail)
    SELECT 'delivery', e.last_at, '' FROM (SELECT MAX(received_at) AS last_at FROM events) e WHERE e.last_at IS NOT NULL;
