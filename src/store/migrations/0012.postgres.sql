-- Which rows of the record are of one lane: of one rule, or of none in particular, and of one kind, which is who did what, with
-- which verdict ('rule action verdict actor'; the program itself is no actor). What nearly every message leaves is in no lane
-- but those of its rules.
CREATE TABLE audit_lanes (
    lane TEXT COLLATE "C" NOT NULL,
    seq  BIGINT           NOT NULL,
    PRIMARY KEY (lane, seq)
);
INSERT INTO audit_lanes (lane, seq)
    SELECT ' ' || action || ' ' || COALESCE(verdict, '') || ' ' || CASE actor WHEN 'bouncer' THEN '' ELSE substr(actor, 1, 200) END, seq
    FROM audit
    WHERE NOT (actor = 'bouncer' AND (action || ' ' || COALESCE(verdict, '')) IN ('received ', 'decided clean'))
    ORDER BY 1, 2;
INSERT INTO audit_lanes (lane, seq)
    SELECT r.rule || ' ' || a.action || ' ' || COALESCE(a.verdict, '') || ' ' || CASE a.actor WHEN 'bouncer' THEN '' ELSE substr(a.actor, 1, 200) END, r.seq
    FROM audit_rules r JOIN audit a ON a.seq = r.seq
    ORDER BY 1, 2;
DROP TABLE audit_rules;
DROP INDEX audit_by_actor;
