-- name: drawing
-- A ballot's team, and how far its message has come.
SELECT team, marked, drawn, draws, drawn_us, lease_us FROM ballots WHERE id = $1::bigint AND frozen = 0;

-- name: minute
SELECT place, at_us FROM draws WHERE team = $1::bigint;

-- name: put_drawing!
UPDATE ballots
SET drawn = :drawn::bigint, draws = :draws::bigint, drawn_us = :drawn_us::bigint, lease_us = :lease_us::bigint
WHERE id = :ballot::bigint;

-- name: put_draw!
INSERT INTO draws (team, place, at_us) VALUES ($1::bigint, $2::bigint, $3::bigint)
ON CONFLICT (team, place) DO UPDATE SET at_us = excluded.at_us;

-- name: behind
SELECT b.id, t.platform, t.external_id
FROM ballots AS b JOIN teams AS t ON t.id = b.team AND t.platform = :platform::text
WHERE b.id > :after::bigint AND b.marked > b.drawn AND b.frozen = 0
ORDER BY b.id
LIMIT :limit::bigint;
