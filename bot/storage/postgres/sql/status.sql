-- name: size
SELECT pg_database_size(current_database());

-- name: teams
-- Those that are being erased have lost their platform.
SELECT platform, count(*), count(departed_us) FROM teams WHERE platform <> 'erased' GROUP BY platform ORDER BY platform;

-- name: ballots
SELECT count(*) FROM ballots;

-- name: marks_up_to
SELECT count(*) FROM (SELECT 1 FROM marks LIMIT $1::bigint) AS m;

-- name: marks_about
-- What the server noted when it last looked.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass('marks');

-- name: catalogue
SELECT (SELECT count(*) FROM tools), catalogue_revision FROM store;

-- name: subscriptions
SELECT count(*), count(*) FILTER (WHERE next_due_us <= :now_us::bigint), min(next_due_us) FROM subscriptions WHERE stopped = 0;

-- name: runs
SELECT count(*) FILTER (WHERE state IN ('claimed', 'attempted')),
    count(*) FILTER (WHERE state = 'unconfirmed' AND due_us > :since_us::bigint),
    count(*) FILTER (WHERE state = 'failed' AND due_us > :since_us::bigint)
FROM digest_runs;

-- name: presence
SELECT platform, seen_us FROM presence ORDER BY platform;

-- name: installations
SELECT count(*) FROM slack_installations;
