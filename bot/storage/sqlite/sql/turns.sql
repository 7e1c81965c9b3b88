-- name: drawing
-- A ballot's team, and how far its message has come.
SELECT team, marked, drawn, draws, drawn_us, lease_us FROM ballots WHERE id = ? AND NOT frozen;

-- name: minute
SELECT place, at_us FROM draws WHERE team = ?;

-- name: put_drawing!
UPDATE ballots SET drawn = :drawn, draws = :draws, drawn_us = :drawn_us, lease_us = :lease_us WHERE id = :ballot;

-- name: put_draw!
INSERT INTO draws (team, place, at_us) VALUES (?, ?, ?)
ON CONFLICT (team, place) DO UPDATE SET at_us = excluded.at_us;

-- name: behind
SELECT b.id, t.platform, t.external_id
FROM ballots AS b CROSS JOIN teams AS t ON t.id = b.team AND t.platform = :platform
WHERE b.id > :after AND b.marked > b.drawn AND NOT b.frozen
ORDER BY b.id
LIMIT :limit;
