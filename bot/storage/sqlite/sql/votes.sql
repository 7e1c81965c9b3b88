-- name: open_ballot<!
INSERT INTO ballots
    (id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, active_us)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: open_option*!
INSERT INTO ballot_options (ballot, option, tool) VALUES (?, ?, ?);

-- name: ballot_by_id
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE id = ?;

-- name: ballot_by_message
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE platform = ? AND message_channel = ? AND message = ?;

-- name: newest
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots AS b
WHERE b.team = :team AND b.channel = :channel AND b.posted_us >= :since_us AND b.kind = 'comparison'
    AND (SELECT count(*) FROM ballot_options WHERE ballot = b.id AND option > 0) = :count
    AND (
        SELECT count(*) FROM ballot_options
        WHERE ballot = b.id AND tool IN (SELECT value FROM json_each(:tools))
    ) = :count
ORDER BY b.posted_us DESC, b.id DESC
LIMIT 1;

-- name: freeze*!
UPDATE ballots SET frozen = 1 WHERE id = ?;

-- name: marks
SELECT option, via FROM marks WHERE person = ? AND ballot = ? AND active ORDER BY option, via;

-- name: scores
-- Joined in this order by hand: left to itself, the planner reads every pair of the team.
WITH wanted AS MATERIALIZED (SELECT value AS tool FROM json_each(:tools))
SELECT t.tool, NULL, t.ships, t.skips, NULL, NULL
FROM wanted AS w CROSS JOIN tallies AS t ON t.team = :team AND t.tool = w.tool
UNION ALL
SELECT p.first, p.second, p.prefer_first, p.prefer_second, p.both, p.neither
FROM wanted AS a CROSS JOIN wanted AS b CROSS JOIN pairs AS p
    ON p.team = :team AND p.first = a.tool AND p.second = b.tool;

-- name: head_to_head
-- Counted afresh, for two tools that have not stood on a ballot together. Who has a standing on a tool is
-- found by its ballots: an index of standings by tool would be written with every vote, for this alone.
SELECT
    count(*) FILTER (WHERE a.verdict = 'ship' AND b.verdict = 'skip'),
    count(*) FILTER (WHERE a.verdict = 'skip' AND b.verdict = 'ship'),
    count(*) FILTER (WHERE a.verdict = 'ship' AND b.verdict = 'ship'),
    count(*) FILTER (WHERE a.verdict = 'skip' AND b.verdict = 'skip')
FROM (
    SELECT DISTINCT m.person
    FROM ballot_options AS o
    CROSS JOIN ballots AS t ON t.id = o.ballot AND t.team = :team
    CROSS JOIN marks AS m ON m.ballot = t.id AND m.active
    WHERE o.tool = :first
) AS voters
CROSS JOIN standings AS a ON a.team = :team AND a.person = voters.person AND a.tool = :first
CROSS JOIN standings AS b ON b.team = :team AND b.person = voters.person AND b.tool = :second;

-- name: revision
SELECT marks_revision FROM store;

-- name: people_who_reacted
SELECT DISTINCT person FROM marks WHERE ballot = ? AND via = 'reaction' ORDER BY person;

-- name: to_repair
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE team = ? AND active_us >= ? AND NOT frozen
ORDER BY posted_us DESC, id DESC;

-- name: recent
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE team = ? AND kind = 'comparison' AND NOT private AND NOT frozen
ORDER BY posted_us DESC, id DESC
LIMIT ?;

-- name: compared
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE team = :team AND channel = :channel AND posted_us > :since_us AND posted_us <= :until_us
    AND kind = 'comparison'
ORDER BY posted_us, id;

-- name: voted
SELECT count(*) FROM (
    SELECT DISTINCT m.ballot, m.person
    FROM ballots AS b JOIN marks AS m ON m.ballot = b.id
    WHERE b.team = :team AND b.channel = :channel AND b.active_us > :since_us
        AND m.active AND m.at_us > :since_us AND m.at_us <= :until_us
);

-- name: moved
SELECT t.tool, coalesce(b.ships, 0), coalesce(b.skips, 0), a.ships, a.skips
FROM (
    SELECT DISTINCT tool FROM tally_log WHERE team = :team AND at_us > :since_us AND at_us <= :until_us
) AS t
JOIN tally_log AS a ON a.team = :team AND a.tool = t.tool AND a.minute = (
    SELECT max(minute) FROM tally_log WHERE team = :team AND tool = t.tool AND at_us <= :until_us)
LEFT JOIN tally_log AS b ON b.team = :team AND b.tool = t.tool AND b.minute = (
    SELECT max(minute) FROM tally_log WHERE team = :team AND tool = t.tool AND at_us <= :since_us)
ORDER BY t.tool;

-- name: stored_tallies
SELECT tool, ships, skips FROM tallies WHERE team = ? AND (ships OR skips);

-- name: stored_pairs
SELECT first, second, prefer_first, prefer_second, both, neither
FROM pairs
WHERE team = ? AND (prefer_first OR prefer_second OR both OR neither);

-- name: team_ids
SELECT id FROM teams WHERE id > ? AND EXISTS (SELECT 1 FROM ballots WHERE team = teams.id) ORDER BY id LIMIT 1;
