-- name: bookmarks
SELECT tool, saved_us, panel_ships, panel_skips, entry, pricing, community_ships, community_skips
FROM bookmarks
WHERE team = ? AND person = ?
ORDER BY saved_us DESC, tool;

-- name: add_bookmark<!
INSERT INTO bookmarks
    (team, person, tool, saved_us, panel_ships, panel_skips, entry, pricing, community_ships, community_skips)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (team, person, tool) DO NOTHING
RETURNING tool;

-- name: drop_bookmark<!
DELETE FROM bookmarks WHERE team = ? AND person = ? AND tool = ? RETURNING tool;
