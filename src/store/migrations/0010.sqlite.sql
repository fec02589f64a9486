-- How many messages each version of the rules was asked about, by what came of them.
CREATE TABLE book_verdicts (
    digest  TEXT   NOT NULL,
    verdict TEXT   NOT NULL,
    decided BIGINT NOT NULL,
    PRIMARY KEY (digest, verdict)
) WITHOUT ROWID;
INSERT INTO book_verdicts (digest, verdict, decided)
    SELECT json_extract(detail, '$.book'), verdict, COUNT(*) FROM audit
    WHERE action = 'decided' AND verdict IS NOT NULL AND json_extract(detail, '$.book') IS NOT NULL
    GROUP BY json_extract(detail, '$.book'), verdict;
