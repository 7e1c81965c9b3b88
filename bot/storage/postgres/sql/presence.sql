-- name: seen
SELECT seen_us FROM presence WHERE platform = $1::text;

-- name: see*!
INSERT INTO presence (platform, seen_us)
SELECT platform, max(seen_us)
FROM unnest($1::text[], $2::bigint[]) AS s (platform, seen_us)
GROUP BY platform
ORDER BY platform
ON CONFLICT (platform) DO UPDATE SET seen_us = greatest(presence.seen_us, excluded.seen_us);
