-- name: size
SELECT page_count * page_size FROM pragma_page_count, pragma_page_size;

-- name: teams
-- Those that are being erased have lost their platform.
SELECT platform, count(*), count(departed_us) FROM teams WHERE platform <> 'erased' GROUP BY platform ORDER BY platform;

-- name: ballots
SELECT count(*) FROM ballots;

-- name: marks_up_to
SELECT count(*) FROM (SELECT 1 FROM marks LIMIT ?);

-- name: marks_about
-- From some two hundred ballots here and there: the last digits of their ids are random.
WITH known (ballots) AS MATERIALIZED (SELECT count(*) FROM ballots),
some (id) AS MATERIALIZED (SELECT id FROM ballots WHERE id % (SELECT ballots / 200 + 1 FROM known) = 0)
SELECT CAST((SELECT ballots FROM known) * 1.0
    * (SELECT count(*) FROM some CROSS JOIN marks AS m ON m.ballot = some.id)
    / max((SELECT count(*) FROM some), 1) AS INTEGER);

-- name: catalogue
SELECT (SELECT count(*) FROM tools), catalogue_revision FROM store;

-- name: subscriptions
SELECT count(*), count(*) FILTER (WHERE next_due_us <= :now_us), min(next_due_us) FROM subscriptions WHERE stopped = 0;

-- name: runs
SELECT count(*) FILTER (WHERE state IN ('claimed', 'attempted')),
    count(*) FILTER (WHERE state = 'unconfirmed' AND due_us > :since_us),
    count(*) FILTER (WHERE state = 'failed' AND due_us > :since_us)
FROM digest_runs;

-- name: presence
SELECT platform, seen_us FROM presence ORDER BY platform;

-- name: installations
SELECT count(*) FROM slack_installations;
