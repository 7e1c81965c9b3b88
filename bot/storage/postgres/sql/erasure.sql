-- name: let_go!
-- A team that is being erased has lost its name, so that nobody comes upon it any more.
UPDATE teams SET platform = 'erased', external_id = id::text WHERE departed_us < $1::bigint;

-- name: let_go_of
SELECT id FROM teams WHERE platform = 'erased' ORDER BY id;

-- name: keep_last_ids!
-- Sequences never step back, whatever is erased.
SELECT 1;

-- name: some_ballots
SELECT coalesce(json_agg(id), '[]'::json)::text
FROM (SELECT id FROM ballots WHERE team = $1::bigint LIMIT $2::bigint) AS those;

-- name: erase_marks
DELETE FROM marks WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM marks
    WHERE ballot = ANY (ARRAY(SELECT jsonb_array_elements_text(:ballots::jsonb)::bigint))
    LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_options!
DELETE FROM ballot_options WHERE ballot = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint));

-- name: erase_ballots!
DELETE FROM ballots WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint));

-- name: erase_standings
DELETE FROM standings WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM standings WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_tallies
DELETE FROM tallies WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM tallies WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_pairs
DELETE FROM pairs WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM pairs WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_tally_log
DELETE FROM tally_log WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM tally_log WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_draws
DELETE FROM draws WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM draws WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_bookmarks
DELETE FROM bookmarks WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM bookmarks WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_aliases
DELETE FROM team_aliases WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM team_aliases WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_runs
DELETE FROM digest_runs WHERE ctid = ANY (ARRAY(
    SELECT r.ctid
    FROM subscriptions AS s JOIN digest_runs AS r ON r.subscription = s.id
    WHERE s.team = :team::bigint
    LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_subscriptions
DELETE FROM subscriptions WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM subscriptions WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_forgotten
DELETE FROM forgotten WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM forgotten WHERE team = :team::bigint LIMIT :limit::bigint))
RETURNING 1;

-- name: erase_team<!
DELETE FROM teams WHERE id = $1::bigint AND platform = 'erased' RETURNING id;
