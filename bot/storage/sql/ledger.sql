-- name: find_ballots
SELECT b.id, b.team, b.frozen, b.posted_us, b.tools, NULL, NULL, NULL
FROM json_each(:ids) AS wanted JOIN whole_ballots AS b ON b.id = wanted.value
UNION ALL
SELECT b.id, b.team, b.frozen, b.posted_us, b.tools, b.platform, b.message_channel, b.message
FROM json_each(:messages) AS wanted
JOIN whole_ballots AS b ON b.platform = json_extract(wanted.value, '$[0]')
    AND b.message_channel = json_extract(wanted.value, '$[1]')
    AND b.message = json_extract(wanted.value, '$[2]');

-- name: marks_of_people
-- All that these people said, on or off, on ballots that share a tool with those in hand.
SELECT m.person, m.ballot, m.option, m.via, m.active, m.at_us, m.revision
FROM json_each(:people) AS p
CROSS JOIN marks AS m ON m.person = p.value
WHERE EXISTS (
    SELECT 1 FROM ballot_options AS o
    WHERE o.ballot = m.ballot AND o.tool IN (SELECT value FROM json_each(:tools)));

-- name: standings_of_people
SELECT s.team, s.person, s.tool, s.verdict
FROM json_each(:people) AS p
CROSS JOIN standings AS s
    ON s.team = json_extract(p.value, '$[0]') AND s.person = json_extract(p.value, '$[1]');

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
INSERT INTO standings (team, person, tool, verdict) VALUES (?, ?, ?, ?)
ON CONFLICT (team, person, tool) DO UPDATE SET verdict = excluded.verdict;

-- name: drop_standing*!
DELETE FROM standings WHERE team = ? AND person = ? AND tool = ?;

-- name: add_tally*!
-- Adds to what is there; a sum below zero breaks the table's check and undoes the whole write.
INSERT INTO tallies (team, tool, ships, skips)
SELECT ?1, ?2, coalesce(max(ships), 0) + ?3, coalesce(max(skips), 0) + ?4
FROM tallies
WHERE team = ?1 AND tool = ?2
ON CONFLICT (team, tool) DO UPDATE SET ships = excluded.ships, skips = excluded.skips;

-- name: add_pair*!
INSERT INTO pairs (team, first, second, prefer_first, prefer_second, both, neither)
SELECT ?1, ?2, ?3, coalesce(max(prefer_first), 0) + ?4, coalesce(max(prefer_second), 0) + ?5,
    coalesce(max(both), 0) + ?6, coalesce(max(neither), 0) + ?7
FROM pairs
WHERE team = ?1 AND first = ?2 AND second = ?3
ON CONFLICT (team, first, second) DO UPDATE
SET prefer_first = excluded.prefer_first, prefer_second = excluded.prefer_second,
    both = excluded.both, neither = excluded.neither;

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
UPDATE ballots SET active_us = ?2 WHERE id = ?1 AND active_us < ?2;

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
SELECT b.id, b.team, b.frozen, b.posted_us, b.tools, NULL, NULL, NULL
FROM whole_ballots AS b WHERE b.team = ?;

-- name: team_standings
SELECT person, tool, verdict FROM standings WHERE team = ? ORDER BY person;

-- name: clear_standings!
DELETE FROM standings WHERE team = ?;
