-- name: seen
SELECT seen_us FROM presence WHERE platform = ?;

-- name: see*!
INSERT INTO presence (platform, seen_us) VALUES (?, ?)
ON CONFLICT (platform) DO UPDATE SET seen_us = max(seen_us, excluded.seen_us);
