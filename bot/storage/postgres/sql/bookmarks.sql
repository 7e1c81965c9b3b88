-- name: bookmarks
SELECT tool, saved_us, panel_ships, panel_skips, entry, pricing, community_ships, community_skips
FROM bookmarks
WHERE team = $1::bigint AND person = $2::text
ORDER BY saved_us DESC, tool;

-- name: add_bookmark<!
INSERT INTO bookmarks
    (team, person, tool, saved_us, panel_ships, panel_skips, entry, pricing, community_ships, community_skips)
VALUES (
    $1::bigint, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::text, $8::text, $9::bigint,
    $10::bigint)
ON CONFLICT (team, person, tool) DO NOTHING
RETURNING tool;

-- name: drop_bookmark<!
DELETE FROM bookmarks WHERE team = $1::bigint AND person = $2::text AND tool = $3::bigint RETURNING tool;
