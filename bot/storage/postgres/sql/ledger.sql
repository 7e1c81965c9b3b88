-- name: find_ballots
-- With each, whether anybody at all was forgotten. `:messages` has for each platform its channels, and for each of those its messages.
SELECT b.id, b.team, b.kind, b.frozen, b.posted_us, b.tools, NULL::text, NULL::text, NULL::text,
    EXISTS (SELECT 1 FROM forgotten)::int
FROM whole_ballots AS b
WHERE b.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
UNION ALL
SELECT b.id, b.team, b.kind, b.frozen, b.posted_us, b.tools, b.platform, b.message_channel, b.message,
    EXISTS (SELECT 1 FROM forgotten)::int
FROM addressed(:messages::jsonb) AS a
JOIN whole_ballots AS b ON b.platform = a.platform AND b.message_channel = a.channel AND b.message = a.message;

-- name: marks_in_hand
-- What people said on these ballots, on or off. `:hands` has for each ballot its people, each told by their place.
-- OFFSET 0, here and below, has rows looked up one by one: a plan made while there were few reads all that a team has.
SELECT m.ballot, h.place, m.option, m.via, m.active, m.at_us, m.revision
FROM grouped(:hands::jsonb) AS h
CROSS JOIN LATERAL (SELECT * FROM marks WHERE person = h.value AND ballot = h.key OFFSET 0) AS m;

-- name: standings_in_hand
-- What these people stand for on the tools of these ballots.
SELECT b.id, h.place, s.tool, (s.ballot <> 0)::int, s.at_us, s.posted_us, s.ballot, (s.verdict = 'ship')::int
FROM grouped(:hands::jsonb) AS h
CROSS JOIN LATERAL (SELECT * FROM ballots WHERE id = h.key OFFSET 0) AS b
CROSS JOIN LATERAL (SELECT * FROM ballot_options WHERE ballot = b.id AND option > 0 OFFSET 0) AS o
CROSS JOIN LATERAL (
    SELECT * FROM standings WHERE team = b.team AND person = h.value AND tool = o.tool OFFSET 0
) AS s;

-- name: marks_on_tools
-- All that people have on in their team, on ballots that hold one of these tools.
SELECT b.team, m.person, m.ballot, m.option, m.via, m.active, m.at_us, m.revision
FROM grouped(:people::jsonb) AS p
CROSS JOIN LATERAL (SELECT * FROM marks WHERE person = p.value AND active = 1 OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT * FROM ballots WHERE id = m.ballot AND team = p.key OFFSET 0) AS b
CROSS JOIN LATERAL (
    SELECT 1 FROM ballot_options AS o
    WHERE o.ballot = m.ballot AND o.tool = ANY (ARRAY(SELECT jsonb_array_elements_text(:tools::jsonb)::bigint))
    LIMIT 1
) AS held;

-- name: verdicts_of_people
-- What people say of some tools. `:people` has for each team its people, each with tools and told by their place.
SELECT s.team, p.place - 1, s.tool, (s.verdict = 'ship')::int
FROM jsonb_each(:people::jsonb) AS t
CROSS JOIN LATERAL jsonb_array_elements(t.value) WITH ORDINALITY AS p (value, place)
CROSS JOIN LATERAL jsonb_array_elements_text(p.value -> 1) AS w (tool)
CROSS JOIN LATERAL (
    SELECT * FROM standings
    WHERE team = t.key::bigint AND person = p.value ->> 0 AND tool = w.tool::bigint
    OFFSET 0
) AS s;

-- name: verdicts
-- All that one person says.
SELECT tool, (verdict = 'ship')::int FROM standings WHERE team = $1::bigint AND person = $2::text;

-- name: forgotten_people
SELECT person_hash, at_us
FROM forgotten
WHERE person_hash = ANY (ARRAY(SELECT jsonb_array_elements_text(:hashes::jsonb)));

-- name: next_revision<!
SELECT next_marks_revision();

-- name: put_mark*!
INSERT INTO marks (person, ballot, option, via, active, at_us, revision)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
ON CONFLICT (person, ballot, option, via) DO UPDATE
SET active = excluded.active, at_us = excluded.at_us, revision = excluded.revision
WHERE excluded.at_us > marks.at_us;

-- name: put_standing*!
INSERT INTO standings (team, person, tool, verdict, at_us, posted_us, ballot)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
ON CONFLICT (team, person, tool) DO UPDATE
SET verdict = excluded.verdict, at_us = excluded.at_us, posted_us = excluded.posted_us, ballot = excluded.ballot;

-- name: drop_standing*!
DELETE FROM standings AS s
USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS d (team, person, tool)
WHERE s.team = d.team AND s.person = d.person AND s.tool = d.tool;

-- name: drop_standings!
DELETE FROM standings WHERE team = $1::bigint AND person = $2::text;

-- name: add_tally*!
-- Adds to what is there; a sum below zero breaks the table's check and undoes the whole write.
MERGE INTO tallies AS t
USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS s (team, tool, ships, skips)
ON t.team = s.team AND t.tool = s.tool
WHEN MATCHED THEN UPDATE SET ships = t.ships + s.ships, skips = t.skips + s.skips
WHEN NOT MATCHED THEN INSERT (team, tool, ships, skips) VALUES (s.team, s.tool, s.ships, s.skips);

-- name: add_pair*!
-- Adds to what is there; a sum below zero breaks the table's check and undoes the whole write.
UPDATE pairs AS p
SET prefer_first = p.prefer_first + s.prefer_first, prefer_second = p.prefer_second + s.prefer_second,
    "both" = p."both" + s.ship_both, neither = p.neither + s.neither
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
    AS s (team, first, second, prefer_first, prefer_second, ship_both, neither)
WHERE p.team = s.team AND p.first = s.first AND p.second = s.second;

-- name: open_pair*!
-- What people said before of two tools that now stand on a ballot together for the first time.
INSERT INTO pairs (team, first, second, prefer_first, prefer_second, "both", neither)
SELECT n.team, n.first, n.second, c.prefer_first, c.prefer_second, c.ship_both, c.neither
FROM (
    SELECT w.team, w.first, w.second
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w (team, first, second)
    WHERE NOT EXISTS (
        SELECT 1 FROM pairs AS p WHERE p.team = w.team AND p.first = w.first AND p.second = w.second)
    OFFSET 0
) AS n
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE a.verdict = 'ship' AND b.verdict = 'skip') AS prefer_first,
        count(*) FILTER (WHERE a.verdict = 'skip' AND b.verdict = 'ship') AS prefer_second,
        count(*) FILTER (WHERE a.verdict = 'ship' AND b.verdict = 'ship') AS ship_both,
        count(*) FILTER (WHERE a.verdict = 'skip' AND b.verdict = 'skip') AS neither
    FROM (
        SELECT DISTINCT m.person
        FROM ballot_options AS o
        JOIN ballots AS t ON t.id = o.ballot AND t.team = n.team
        JOIN marks AS m ON m.ballot = t.id AND m.active = 1
        WHERE o.tool = n.first
    ) AS voters
    JOIN standings AS a ON a.team = n.team AND a.person = voters.person AND a.tool = n.first
    JOIN standings AS b ON b.team = n.team AND b.person = voters.person AND b.tool = n.second
) AS c
ON CONFLICT DO NOTHING;

-- name: pairs_of_tools
-- The pairs that hold one of these tools. `:tools` has for each team its tools.
SELECT p.team, p.first, p.second
FROM grouped(:tools::jsonb) AS t
JOIN pairs AS p ON p.team = t.key AND p.first = t.value::bigint
UNION
SELECT p.team, p.first, p.second
FROM grouped(:tools::jsonb) AS t
JOIN pairs AS p ON p.team = t.key AND p.second = t.value::bigint;

-- name: clear_pairs!
DELETE FROM pairs WHERE team = $1::bigint;

-- name: put_pair*!
INSERT INTO pairs (team, first, second, prefer_first, prefer_second, "both", neither)
SELECT * FROM unnest(
    $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]);

-- name: log_tally*!
-- The clock may step back; the times in the log never do.
INSERT INTO tally_log (team, tool, minute, at_us, ships, skips)
SELECT t.team, t.tool, n.now_us / 60000000, n.now_us, t.ships, t.skips
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS m (team, tool, now_us)
JOIN tallies AS t ON t.team = m.team AND t.tool = m.tool
CROSS JOIN LATERAL (
    SELECT greatest(m.now_us, coalesce((
        SELECT l.at_us FROM tally_log AS l
        WHERE l.team = m.team AND l.tool = m.tool
        ORDER BY l.minute DESC
        LIMIT 1), 0)) AS now_us
    OFFSET 0
) AS n
ON CONFLICT (team, tool, minute) DO UPDATE
SET at_us = excluded.at_us, ships = excluded.ships, skips = excluded.skips;

-- name: touch_ballot*!
UPDATE ballots AS b
SET active_us = greatest(b.active_us, t.active_us), marked = b.marked + 1
FROM unnest($1::bigint[], $2::bigint[]) AS t (id, active_us)
WHERE b.id = t.id;

-- name: drop_marks!
DELETE FROM marks AS m USING ballots AS b WHERE b.id = m.ballot AND b.team = $1::bigint AND m.person = $2::text;

-- name: newest_mark
SELECT max(m.at_us)
FROM marks AS m JOIN ballots AS b ON b.id = m.ballot
WHERE b.team = $1::bigint AND m.person = $2::text;

-- name: note_forgotten!
INSERT INTO forgotten (person_hash, team, at_us) VALUES ($1::text, $2::bigint, $3::bigint)
ON CONFLICT (person_hash) DO UPDATE SET at_us = greatest(forgotten.at_us, excluded.at_us);

-- name: team_marks
-- Everything that is on in a team, one person after another.
SELECT m.person, m.ballot, m.option, m.via, m.active, m.at_us, m.revision
FROM marks AS m JOIN ballots AS b ON b.id = m.ballot
WHERE b.team = $1::bigint AND m.active = 1
ORDER BY m.person;

-- name: team_ballots
SELECT b.id, b.team, b.kind, b.frozen, b.posted_us, b.tools FROM whole_ballots AS b WHERE b.team = $1::bigint;

-- name: team_standings
SELECT team, person, tool, (ballot <> 0)::int, at_us, posted_us, ballot, (verdict = 'ship')::int
FROM standings
WHERE team = $1::bigint;

-- name: clear_standings!
DELETE FROM standings WHERE team = $1::bigint;
