-- name: drop_old!
-- A part of what is old: more than comes in with any one write, and little enough to hold nobody up.
DELETE FROM deliveries
WHERE hash IN (SELECT hash FROM deliveries WHERE at_us <= :before_us ORDER BY at_us LIMIT 2000);

-- name: take
-- One that is old and not dropped yet counts as none.
INSERT INTO deliveries (hash, at_us)
SELECT DISTINCT value, :now_us FROM json_each(:hashes) WHERE true
ON CONFLICT (hash) DO UPDATE SET at_us = excluded.at_us WHERE deliveries.at_us <= :before_us
RETURNING hash;

-- name: drop!
DELETE FROM deliveries WHERE hash IN (SELECT value FROM json_each(:hashes));
