-- name: tables
-- Each with its columns and with the tables it refers to.
SELECT t.name,
    (SELECT json_group_array(name) FROM (SELECT name FROM pragma_table_info(t.name) ORDER BY cid)),
    (SELECT json_group_array("table") FROM pragma_foreign_key_list(t.name))
FROM sqlite_master AS t
WHERE t.type = 'table' AND t.name NOT IN ('store', 'sqlite_stat1', 'sqlite_stat4', 'sqlite_sequence')
ORDER BY t.name;

-- name: kept
SELECT hash_key, catalogue_revision, shipped,
    max(last_team, (SELECT coalesce(max(id), 0) FROM teams)),
    max(last_subscription, (SELECT coalesce(max(id), 0) FROM subscriptions)),
    max(last_run, (SELECT coalesce(max(id), 0) FROM digest_runs)),
    marks_revision
FROM store;

-- name: keep!
UPDATE store
SET hash_key = :hash_key, catalogue_revision = :catalogue_revision, shipped = :shipped, last_team = :team,
    last_subscription = :subscription, last_run = :run, marks_revision = :mark;
