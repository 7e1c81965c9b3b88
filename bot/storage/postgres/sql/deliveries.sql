-- name: drop_old!
-- A part of what is old: more than comes in with any one write, and little enough to hold nobody up.
DELETE FROM deliveries
WHERE hash IN (
    SELECT hash FROM deliveries WHERE at_us <= :before_us::bigint ORDER BY at_us LIMIT 2000 FOR UPDATE SKIP LOCKED);

-- name: take
-- One that is old and not dropped yet counts as none. In order, so that no two programs wait for each other.
INSERT INTO deliveries (hash, at_us)
SELECT DISTINCT value, :now_us::bigint FROM jsonb_array_elements_text(:hashes::jsonb) AS given (value) ORDER BY value
ON CONFLICT (hash) DO UPDATE SET at_us = excluded.at_us WHERE deliveries.at_us <= :before_us::bigint
RETURNING hash;

-- name: drop!
DELETE FROM deliveries
WHERE hash IN (
    SELECT hash FROM deliveries
    WHERE hash IN (SELECT jsonb_array_elements_text(:hashes::jsonb))
    ORDER BY hash FOR UPDATE);
