-- name: installation
SELECT installed_us, body FROM slack_installations WHERE team_id = $1::text;

-- name: teams
SELECT team_id FROM slack_installations ORDER BY team_id;

-- name: install*!
-- An older installation never takes the place of a newer one; of those made at once, the last counts.
INSERT INTO slack_installations (team_id, installed_us, body)
SELECT DISTINCT ON (team_id) team_id, installed_us, body
FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY AS i (team_id, installed_us, body, place)
ORDER BY team_id, installed_us DESC, place DESC
ON CONFLICT (team_id) DO UPDATE SET installed_us = excluded.installed_us, body = excluded.body
WHERE excluded.installed_us >= slack_installations.installed_us;

-- name: renew*!
UPDATE slack_installations AS s
SET installed_us = r.installed_us, body = r.body
FROM (
    SELECT DISTINCT ON (team_id) team_id, installed_us, body
    FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY AS i (team_id, installed_us, body, place)
    ORDER BY team_id, installed_us DESC, place DESC
) AS r
WHERE s.team_id = r.team_id AND s.installed_us <= r.installed_us;

-- name: erase<!
DELETE FROM slack_installations
WHERE team_id = $1::text AND installed_us <= coalesce($2::bigint, installed_us)
RETURNING team_id;

-- name: issue*!
INSERT INTO slack_states (hash, expires_us) SELECT * FROM unnest($1::text[], $2::bigint[]);

-- name: drop_expired*!
DELETE FROM slack_states WHERE expires_us <= (SELECT max(now_us) FROM unnest($1::bigint[]) AS n (now_us));

-- name: drop_most!
-- All but so many, which expire last.
DELETE FROM slack_states
WHERE hash IN (
    SELECT hash FROM slack_states ORDER BY expires_us DESC, hash DESC OFFSET $1::bigint FOR UPDATE SKIP LOCKED);

-- name: consume<!
DELETE FROM slack_states WHERE hash = $1::text RETURNING expires_us;
