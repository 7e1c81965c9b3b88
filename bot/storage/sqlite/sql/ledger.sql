-- name: find_ballots
-- With each, whether anybody at all was forgotten. `:messages` has for each platform its channels, and for each of those its messages.
SELECT b.id, b.team, b.kind, b.frozen, b.posted_us, b.tools, NULL, NULL, NULL, EXISTS (SELECT 1 FROM forgotten)
FROM json_each(:ids) AS wanted JOIN whole_ballots AS b ON b.id = wanted.value
UNION ALL
SELECT b.id, b.team, b.kind, b.frozen, b.posted_us, b.tools, b.platform, b.message_channel, b.message,
    EXISTS (SELECT 1 FROM forgotten)
FROM json_each(:messages) AS p
CROSS JOIN json_each(p.value) AS c
CROSS JOIN json_each(c.value) AS m
JOIN whole_ballots AS b ON b.platform = p.key AND b.message_channel = c.key AND b.message = m.value;

-- name: marks_in_hand
-- What people said on these ballots, on or off. `:hands` has for each ballot its people, each told by their place.
SELECT m.ballot, p.key, m.option, m.via, m.active, m.at_us, m.revision
FROM json_each(:hands) AS h
CROSS JOIN json_each(h.value) AS p
CROSS JOIN marks AS m ON m.person = p.value AND m.ballot = CAST(h.key AS INTEGER);

-- name: standings_in_hand
-- What these people stand for on the tools of these ballots.
SELECT b.id, p.key, s.tool, s.ballot <> 0, s.at_us, s.posted_us, s.ballot, s.verdict = 'ship'
FROM json_each(:hands) AS h
CROSS JOIN ballots AS b ON b.id = CAST(h.key AS INTEGER)
CROSS JOIN json_each(h.value) AS p
CROSS JOIN ballot_options AS o ON o.ballot = b.id AND o.option > 0
CROSS JOIN standings AS s ON s.team = b.team AND s.person = p.value AND s.tool = o.tool;

-- name: marks_on_tools
-- All that people have on in their team, on ballots that hold one of these tools.
SELECT b.team, m.person, m.ballot, m.option, m.via, m.active, m.at_us, m.revision
FROM json_each(:people) AS t
CROSS JOIN json_each(t.value) AS p
CROSS JOIN marks AS m ON m.person = p.value AND m.active
CROSS JOIN ballots AS b ON b.id = m.ballot AND b.team = CAST(t.key AS INTEGER)
WHERE EXISTS (
    SELECT 1 FROM ballot_options AS o
    WHERE o.ballot = m.ballot AND o.tool IN (SELECT value FROM json_each(:tools)));

-- name: verdicts_of_people
-- What people say of some tools. `:people` has for each team its people, each with tools and told by their place.
SELECT s.team, p.key, s.tool, s.verdict = 'ship'
FROM json_each(:people) AS t
CROSS JOIN json_each(t.value) AS p
CROSS JOIN json_each(p.value, '$[1]') AS w
CROSS JOIN standings AS s
    ON s.team = CAST(t.key AS INTEGER) AND s.person = json_extract(p.value, '$[0]') AND s.tool = w.value;

-- name: verdicts
-- All that one person says.
SELECT tool, verdict = 'ship' FROM standings WHERE team = ? AND person = ?;

-- name: forgotten_people
SELECT f.person_hash, f.at_us
FROM json_each(:hashes) AS h CROSS JOIN forgotten AS f ON f.person_hash = h.value;

-- name: next_revision<!
UPDATE store SET marks_revision = marks_revision + 1 RETURNING marks_revision;

-- name: put_mark*!
INSERT INTO marks (person, ballot, option, via, active, at_us, revision)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (person, ballot, option, via) DO UPDATE
SET active = excluded.active, at_us = excluded.at_us, revision = excluded.revision
WHERE excluded.at_us > at_us;

-- name: put_standing*!
INSERT INTO standings (team, person, tool, verdict, at_us, posted_us, ballot) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (team, person, tool) DO UPDATE
SET verdict = excluded.verdict, at_us = excluded.at_us, posted_us = excluded.posted_us, ballot = excluded.ballot;

-- name: drop_standing*!
DELETE FROM standings WHERE team = ? AND person = ? AND tool = ?;

-- name: drop_standings!
DELETE FROM standings WHERE team = ? AND person = ?;

-- name: add_tally*!
-- Adds to what is there; a sum below zero breaks the table's check and undoes the whole write.
INSERT INTO tallies (team, tool, ships, skips)
SELECT ?1, ?2, coalesce(max(ships), 0) + ?3, coalesce(max(skips), 0) + ?4
FROM tallies
WHERE team = ?1 AND tool = ?2
ON CONFLICT (team, tool) DO UPDATE SET ships = excluded.ships, skips = excluded.skips;

-- name: add_pair*!
-- Adds to what is there; a sum below zero breaks the table's check and undoes the whole write.
UPDATE pairs
SET prefer_first = prefer_first + ?4, prefer_second = prefer_second + ?5, both = both + ?6, neither = neither + ?7
WHERE team = ?1 AND first = ?2 AND second = ?3;

-- name: open_pair*!
-- What people said before of two tools that now stand on a ballot together for the first time.
INSERT INTO pairs (team, first, second, prefer_first, prefer_second, both, neither)
SELECT ?1, ?2, ?3, c.*
FROM (
    SELECT
        count(*) FILTER (WHERE a.verdict = 'ship' AND b.verdict = 'skip'),
        count(*) FILTER (WHERE a.verdict = 'skip' AND b.verdict = 'ship'),
        count(*) FILTER (WHERE a.verdict = 'ship' AND b.verdict = 'ship'),
        count(*) FILTER (WHERE a.verdict = 'skip' AND b.verdict = 'skip')
    FROM (
        SELECT DISTINCT m.person
        FROM ballot_options AS o
        CROSS JOIN ballots AS t ON t.id = o.ballot AND t.team = ?1
        CROSS JOIN marks AS m ON m.ballot = t.id AND m.active
        WHERE o.tool = ?2 AND NOT EXISTS (SELECT 1 FROM pairs WHERE team = ?1 AND first = ?2 AND second = ?3)
    ) AS voters
    CROSS JOIN standings AS a ON a.team = ?1 AND a.person = voters.person AND a.tool = ?2
    CROSS JOIN standings AS b ON b.team = ?1 AND b.person = voters.person AND b.tool = ?3
) AS c
WHERE true
ON CONFLICT DO NOTHING;

-- name: pairs_of_tools
-- The pairs that hold one of these tools. `:tools` has for each team its tools.
SELECT p.team, p.first, p.second
FROM json_each(:tools) AS t
CROSS JOIN json_each(t.value) AS o
CROSS JOIN pairs AS p ON p.team = CAST(t.key AS INTEGER) AND p.first = o.value
UNION
SELECT p.team, p.first, p.second
FROM json_each(:tools) AS t
CROSS JOIN json_each(t.value) AS o
CROSS JOIN pairs AS p ON p.team = CAST(t.key AS INTEGER) AND p.second = o.value;

-- name: clear_pairs!
DELETE FROM pairs WHERE team = ?;

-- name: put_pair*!
INSERT INTO pairs (team, first, second, prefer_first, prefer_second, both, neither) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: log_tally*!
-- The clock may step back; the log's times never do.
INSERT INTO tally_log (team, tool, minute, at_us, ships, skips)
SELECT t.team, t.tool, n.now_us / 60000000, n.now_us, t.ships, t.skips
FROM tallies AS t
JOIN (
    SELECT max(?3, coalesce((
        SELECT at_us FROM tally_log WHERE team = ?1 AND tool = ?2 ORDER BY minute DESC LIMIT 1), 0)) AS now_us
) AS n
WHERE t.team = ?1 AND t.tool = ?2
ON CONFLICT (team, tool, minute) DO UPDATE
SET at_us = excluded.at_us, ships = excluded.ships, skips = excluded.skips;

-- name: touch_ballot*!
UPDATE ballots SET active_us = max(active_us, ?2), marked = marked + 1 WHERE id = ?1;

-- name: drop_marks!
DELETE FROM marks WHERE person = ?2 AND ballot IN (SELECT id FROM ballots WHERE team = ?1);

-- name: newest_mark
SELECT max(m.at_us) FROM marks AS m JOIN ballots AS b ON b.id = m.ballot WHERE b.team = ? AND m.person = ?;

-- name: note_forgotten!
INSERT INTO forgotten (person_hash, team, at_us) VALUES (?, ?, ?)
ON CONFLICT (person_hash) DO UPDATE SET at_us = max(at_us, excluded.at_us);

-- name: team_marks
-- Everything that is on in a team, one person after another.
SELECT m.person, m.ballot, m.option, m.via, m.active, m.at_us, m.revision
FROM marks AS m JOIN ballots AS b ON b.id = m.ballot
WHERE b.team = ? AND m.active
ORDER BY m.person;

-- name: team_ballots
SELECT b.id, b.team, b.kind, b.frozen, b.posted_us, b.tools FROM whole_ballots AS b WHERE b.team = ?;

-- name: team_standings
SELECT team, person, tool, ballot <> 0, at_us, posted_us, ballot, verdict = 'ship' FROM standings WHERE team = ?;

-- name: clear_standings!
DELETE FROM standings WHERE team = ?;
