-- name: standings
SELECT tool, verdict FROM standings WHERE team = $1::bigint AND person = $2::text ORDER BY tool;

-- name: counts
SELECT
    (SELECT count(*) FROM marks AS m JOIN ballots AS b ON b.id = m.ballot
        WHERE m.person = :person::text AND b.team = :team::bigint),
    (SELECT count(*) FROM bookmarks WHERE team = :team::bigint AND person = :person::text),
    (SELECT count(*) FROM ballots WHERE team = :team::bigint AND asker = :person::text AND kind = 'comparison');

-- name: aliases
SELECT words FROM team_aliases WHERE team = $1::bigint AND set_by = $2::text ORDER BY words;

-- name: digests
SELECT channel FROM subscriptions WHERE team = $1::bigint AND set_by = $2::text AND stopped = 0 ORDER BY channel;

-- name: forget_bookmarks!
DELETE FROM bookmarks WHERE team = $1::bigint AND person = $2::text;

-- name: forget_aliases!
UPDATE team_aliases SET set_by = '' WHERE team = $1::bigint AND set_by = $2::text;

-- name: forget_digests!
UPDATE subscriptions SET set_by = '' WHERE team = $1::bigint AND set_by = $2::text;

-- name: forget_ballots!
UPDATE ballots SET asker = '' WHERE team = $1::bigint AND asker = $2::text;
