-- name: let_go!
-- A team that is being erased has lost its name, so that nobody comes upon it any more.
UPDATE teams SET platform = 'erased', external_id = CAST(id AS TEXT) WHERE departed_us < ?;

-- name: let_go_of
SELECT id FROM teams WHERE platform = 'erased' ORDER BY id;

-- name: keep_last_ids!
UPDATE store
SET last_team = max(last_team, (SELECT coalesce(max(id), 0) FROM teams)),
    last_subscription = max(last_subscription, (SELECT coalesce(max(id), 0) FROM subscriptions)),
    last_run = max(last_run, (SELECT coalesce(max(id), 0) FROM digest_runs));

-- name: some_ballots
SELECT json_group_array(id) FROM (SELECT id FROM ballots WHERE team = ? LIMIT ?);

-- name: erase_marks
DELETE FROM marks WHERE (person, ballot, option, via) IN (
    SELECT m.person, m.ballot, m.option, m.via
    FROM json_each(:ballots) AS b CROSS JOIN marks AS m ON m.ballot = b.value
    LIMIT :limit)
RETURNING 1;

-- name: erase_options!
DELETE FROM ballot_options WHERE ballot IN (SELECT value FROM json_each(?));

-- name: erase_ballots!
DELETE FROM ballots WHERE id IN (SELECT value FROM json_each(?));

-- name: erase_standings
DELETE FROM standings WHERE team = :team AND (person, tool) IN (
    SELECT person, tool FROM standings WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_tallies
DELETE FROM tallies WHERE team = :team AND tool IN (SELECT tool FROM tallies WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_pairs
DELETE FROM pairs WHERE team = :team AND (first, second) IN (
    SELECT first, second FROM pairs WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_tally_log
DELETE FROM tally_log WHERE team = :team AND (tool, minute) IN (
    SELECT tool, minute FROM tally_log WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_draws
DELETE FROM draws WHERE team = :team AND place IN (SELECT place FROM draws WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_bookmarks
DELETE FROM bookmarks WHERE team = :team AND (person, tool) IN (
    SELECT person, tool FROM bookmarks WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_aliases
DELETE FROM team_aliases WHERE team = :team AND words IN (
    SELECT words FROM team_aliases WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_runs
DELETE FROM digest_runs WHERE id IN (
    SELECT r.id
    FROM subscriptions AS s CROSS JOIN digest_runs AS r ON r.subscription = s.id
    WHERE s.team = :team
    LIMIT :limit)
RETURNING 1;

-- name: erase_subscriptions
DELETE FROM subscriptions WHERE id IN (SELECT id FROM subscriptions WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_forgotten
DELETE FROM forgotten WHERE person_hash IN (SELECT person_hash FROM forgotten WHERE team = :team LIMIT :limit)
RETURNING 1;

-- name: erase_team<!
DELETE FROM teams WHERE id = ? AND platform = 'erased' RETURNING id;
