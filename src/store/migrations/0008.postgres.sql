-- The record as a tree: how many rows it has, up to which row of the record they go, and its right edge. One row. `forgotten`
-- tells of how many of the oldest only the hashes are kept.
CREATE TABLE record_head (
    name        TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    origin      TEXT   COLLATE "C" NOT NULL,
    size        BIGINT NOT NULL,
    last_seq    BIGINT NOT NULL,
    edge        BYTEA  NOT NULL,
    forgotten   BIGINT NOT NULL,
    lease_owner TEXT   COLLATE "C" NOT NULL,
    lease_until BIGINT NOT NULL
);

-- The hashes of its rows, up to 256 together, and the number of the first row among them.
CREATE TABLE record_tiles (
    tile      BIGINT NOT NULL PRIMARY KEY,
    first_seq BIGINT NOT NULL,
    hashes    BYTEA  NOT NULL
);

-- What was signed: the tree of so many rows. Where the key is changed, `rotates` is 1.
CREATE TABLE record_checkpoints (
    size     BIGINT NOT NULL PRIMARY KEY,
    last_seq BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    rotates  BIGINT NOT NULL,
    note     TEXT   COLLATE "C" NOT NULL
);
CREATE INDEX record_rotations ON record_checkpoints (size) WHERE rotates = 1;

-- The keys checkpoints are signed with, the newest last.
CREATE TABLE record_keys (
    number    BIGINT NOT NULL PRIMARY KEY,
    public    TEXT   COLLATE "C" NOT NULL,
    from_size BIGINT NOT NULL,
    at        BIGINT NOT NULL
);
