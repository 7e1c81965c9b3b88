-- name: installation
SELECT installed_us, body FROM slack_installations WHERE team_id = ?;

-- name: teams
SELECT team_id FROM slack_installations ORDER BY team_id;

-- name: install*!
-- An older installation never takes the place of a newer one.
INSERT INTO slack_installations (team_id, installed_us, body) VALUES (?, ?, ?)
ON CONFLICT (team_id) DO UPDATE SET installed_us = excluded.installed_us, body = excluded.body
WHERE excluded.installed_us >= installed_us;

-- name: renew*!
UPDATE slack_installations SET installed_us = ?2, body = ?3 WHERE team_id = ?1 AND installed_us <= ?2;

-- name: erase<!
DELETE FROM slack_installations WHERE team_id = ?1 AND installed_us <= coalesce(?2, installed_us) RETURNING team_id;

-- name: issue*!
INSERT INTO slack_states (hash, expires_us) VALUES (?, ?);

-- name: drop_expired*!
DELETE FROM slack_states WHERE expires_us <= ?;

-- name: drop_most!
-- All but so many, which expire last.
DELETE FROM slack_states
WHERE hash IN (SELECT hash FROM slack_states ORDER BY expires_us DESC, hash DESC LIMIT -1 OFFSET ?);

-- name: consume<!
DELETE FROM slack_states WHERE hash = ? RETURNING expires_us;
