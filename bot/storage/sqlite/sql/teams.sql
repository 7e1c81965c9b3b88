-- name: team
SELECT id FROM teams WHERE platform = ? AND external_id = ?;

-- name: key
SELECT platform, external_id FROM teams WHERE id = ?;

-- name: add_team*!
INSERT INTO teams (id, platform, external_id)
SELECT max(last_team, (SELECT coalesce(max(id), 0) FROM teams)) + 1, ?, ? FROM store WHERE true
ON CONFLICT DO NOTHING;

-- name: arrive*!
-- A departure at the same instant or later stands.
INSERT INTO teams (id, platform, external_id, arrived_us)
SELECT max(last_team, (SELECT coalesce(max(id), 0) FROM teams)) + 1, ?, ?, ? FROM store WHERE true
ON CONFLICT (platform, external_id) DO UPDATE
SET arrived_us = max(coalesce(arrived_us, excluded.arrived_us), excluded.arrived_us),
    departed_us = CASE WHEN departed_us >= excluded.arrived_us THEN departed_us END;

-- name: present
SELECT platform, external_id FROM teams
WHERE platform = ? AND arrived_us IS NOT NULL AND departed_us IS NULL ORDER BY id;

-- name: comings_and_goings
SELECT id, arrived_us, departed_us FROM teams WHERE platform = ? AND external_id = ?;

-- name: depart!
UPDATE teams SET departed_us = max(coalesce(departed_us, ?2), ?2) WHERE id = ?1;

-- name: stop_digests!
UPDATE subscriptions SET stopped = 1 WHERE team = ? AND NOT stopped;
