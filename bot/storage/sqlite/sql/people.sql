-- name: standings
SELECT tool, verdict FROM standings WHERE team = ? AND person = ? ORDER BY tool;

-- name: counts
SELECT
    (SELECT count(*) FROM marks AS m JOIN ballots AS b ON b.id = m.ballot WHERE m.person = :person AND b.team = :team),
    (SELECT count(*) FROM bookmarks WHERE team = :team AND person = :person),
    (SELECT count(*) FROM ballots WHERE team = :team AND asker = :person AND kind = 'comparison');

-- name: aliases
SELECT words FROM team_aliases WHERE team = ? AND set_by = ? ORDER BY words;

-- name: digests
SELECT channel FROM subscriptions WHERE team = ? AND set_by = ? AND NOT stopped ORDER BY channel;

-- name: forget_bookmarks!
DELETE FROM bookmarks WHERE team = ? AND person = ?;

-- name: forget_aliases!
UPDATE team_aliases SET set_by = '' WHERE team = ? AND set_by = ?;

-- name: forget_digests!
UPDATE subscriptions SET set_by = '' WHERE team = ? AND set_by = ?;

-- name: forget_ballots!
UPDATE ballots SET asker = '' WHERE team = ? AND asker = ?;
