-- name: team
SELECT id FROM teams WHERE platform = $1::text AND external_id = $2::text;

-- name: key
SELECT platform, external_id FROM teams WHERE id = $1::bigint;

-- name: add_team*!
-- In one order whoever adds them, so that two never wait for each other.
INSERT INTO teams (platform, external_id)
SELECT DISTINCT platform, external_id
FROM unnest($1::text[], $2::text[]) AS k (platform, external_id)
ORDER BY platform, external_id
ON CONFLICT DO NOTHING;

-- name: arrive*!
-- A departure at the same instant or later stands.
INSERT INTO teams (platform, external_id, arrived_us)
SELECT platform, external_id, max(arrived_us)
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS k (platform, external_id, arrived_us)
GROUP BY platform, external_id
ORDER BY platform, external_id
ON CONFLICT (platform, external_id) DO UPDATE
SET arrived_us = greatest(teams.arrived_us, excluded.arrived_us),
    departed_us = CASE WHEN teams.departed_us >= excluded.arrived_us THEN teams.departed_us END;

-- name: present
SELECT platform, external_id FROM teams
WHERE platform = $1::text AND arrived_us IS NOT NULL AND departed_us IS NULL ORDER BY id;

-- name: comings_and_goings
-- They stay as they are until the commit.
SELECT id, arrived_us, departed_us FROM teams
WHERE platform = $1::text AND external_id = $2::text
FOR NO KEY UPDATE;

-- name: depart!
UPDATE teams SET departed_us = greatest(departed_us, $2::bigint) WHERE id = $1::bigint;

-- name: stop_digests!
UPDATE subscriptions SET stopped = 1 WHERE team = $1::bigint AND stopped = 0;
