-- How many messages each version of the rules was asked about, by what came of them.
CREATE TABLE book_verdicts (
    digest  TEXT COLLATE "C" NOT NULL,
    verdict TEXT COLLATE "C" NOT NULL,
    decided BIGINT NOT NULL,
    PRIMARY KEY (digest, verdict)
);
-- By the letters, as a text may hold what PostgreSQL's JSON does not take.
INSERT INTO book_verdicts (digest, verdict, decided)
    SELECT book, verdict, COUNT(*) FROM (
        SELECT substring(detail from '"book":"([0-9a-f]{64})"') AS book, verdict FROM audit
        WHERE action = 'decided' AND verdict IS NOT NULL
    ) AS decided WHERE book IS NOT NULL GROUP BY book, verdict;
