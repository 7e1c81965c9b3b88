-- name: team
SELECT id FROM teams WHERE platform = ? AND external_id = ?;

-- name: add_team*!
INSERT INTO teams (platform, external_id) VALUES (?, ?) ON CONFLICT DO NOTHING;
