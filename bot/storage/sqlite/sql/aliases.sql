-- name: aliases
SELECT words, tool, set_by, at_us FROM team_aliases WHERE team = ? ORDER BY words;

-- name: put_alias*!
INSERT INTO team_aliases (team, words, tool, set_by, at_us) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (team, words) DO UPDATE
SET tool = excluded.tool, set_by = excluded.set_by, at_us = excluded.at_us;

-- name: drop_alias<!
DELETE FROM team_aliases WHERE team = ? AND words = ? RETURNING words;
