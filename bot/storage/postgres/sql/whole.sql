-- name: tables
-- Each with its columns and with the tables it refers to.
SELECT c.relname::text,
    (SELECT json_agg(a.attname ORDER BY a.attnum)::text
        FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT coalesce(json_agg(r.relname), '[]')::text
        FROM pg_constraint AS k JOIN pg_class AS r ON r.oid = k.confrelid WHERE k.conrelid = c.oid AND k.contype = 'f')
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = current_schema() AND c.relname NOT IN ('store', 'schema_version')
ORDER BY c.relname;

-- name: kept
SELECT hash_key, catalogue_revision, shipped,
    greatest(pg_sequence_last_value(pg_get_serial_sequence('teams', 'id')::regclass),
        (SELECT max(id) FROM teams), 0),
    greatest(pg_sequence_last_value(pg_get_serial_sequence('subscriptions', 'id')::regclass),
        (SELECT max(id) FROM subscriptions), 0),
    greatest(pg_sequence_last_value(pg_get_serial_sequence('digest_runs', 'id')::regclass),
        (SELECT max(id) FROM digest_runs), 0),
    coalesce(pg_sequence_last_value('marks_revision'::regclass), 0)
FROM store;

-- name: keep
WITH numbers (name, last) AS (
    VALUES
        (pg_get_serial_sequence('teams', 'id'), :team::bigint),
        (pg_get_serial_sequence('subscriptions', 'id'), :subscription::bigint),
        (pg_get_serial_sequence('digest_runs', 'id'), :run::bigint),
        (pg_get_serial_sequence('tool_changes', 'id'), (SELECT coalesce(max(id), 0) FROM tool_changes)),
        ('marks_revision', :mark::bigint)
), changed AS (
    UPDATE store
    SET hash_key = :hash_key::bytea, catalogue_revision = :catalogue_revision::bigint, shipped = :shipped::text
)
SELECT setval(name::regclass, greatest(last, 1), last > 0) FROM numbers;
