-- Until when a job that was put back had been claimed: with the length of a lease, it tells by which clock its wait was given.
ALTER TABLE jobs ADD COLUMN was_leased_until BIGINT NOT NULL DEFAULT 0;
