-- name: open_ballot<!
INSERT INTO ballots
    (id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, active_us)
VALUES (
    $1::bigint, $2::bigint, $3::text, $4::text, $5::bigint, $6::text, $7::text, $8::text, $9::text, $10::bigint,
    $11::bigint, $12::bigint)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: open_option*!
INSERT INTO ballot_options (ballot, option, tool) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]);

-- name: ballot_by_id
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE id = $1::bigint;

-- name: ballot_by_message
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE platform = $1::text AND message_channel = $2::text AND message = $3::text;

-- name: newest
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots AS b
WHERE b.team = :team::bigint AND b.channel = :channel::text AND b.posted_us >= :since_us::bigint
    AND b.kind = 'comparison'
    AND (SELECT count(*) FROM ballot_options WHERE ballot = b.id AND option > 0) = :count::bigint
    AND (
        SELECT count(*) FROM ballot_options
        WHERE ballot = b.id AND tool = ANY (ARRAY(SELECT jsonb_array_elements_text(:tools::jsonb)::bigint))
    ) = :count::bigint
ORDER BY b.posted_us DESC, b.id DESC
LIMIT 1;

-- name: freeze*!
UPDATE ballots SET frozen = 1 WHERE id IN (SELECT unnest($1::bigint[]));

-- name: marks
SELECT option, via FROM marks WHERE person = $1::text AND ballot = $2::bigint AND active = 1 ORDER BY option, via;

-- name: scores
SELECT tool, NULL::bigint, ships, skips, NULL::bigint, NULL::bigint
FROM tallies
WHERE team = :team::bigint AND tool = ANY (ARRAY(SELECT jsonb_array_elements_text(:tools::jsonb)::bigint))
UNION ALL
SELECT first, second, prefer_first, prefer_second, "both", neither
FROM pairs
WHERE team = :team::bigint
    AND first = ANY (ARRAY(SELECT jsonb_array_elements_text(:tools::jsonb)::bigint))
    AND second = ANY (ARRAY(SELECT jsonb_array_elements_text(:tools::jsonb)::bigint));

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
    JOIN ballots AS t ON t.id = o.ballot AND t.team = :team::bigint
    JOIN marks AS m ON m.ballot = t.id AND m.active = 1
    WHERE o.tool = :first::bigint
) AS voters
JOIN standings AS a ON a.team = :team::bigint AND a.person = voters.person AND a.tool = :first::bigint
JOIN standings AS b ON b.team = :team::bigint AND b.person = voters.person AND b.tool = :second::bigint;

-- name: revision
SELECT settled_marks_revision();

-- name: people_who_reacted
SELECT DISTINCT person FROM marks WHERE ballot = $1::bigint AND via = 'reaction' ORDER BY person;

-- name: to_repair
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE team = $1::bigint AND active_us >= $2::bigint AND frozen = 0
ORDER BY posted_us DESC, id DESC;

-- name: recent
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE team = $1::bigint AND kind = 'comparison' AND private = 0 AND frozen = 0
ORDER BY posted_us DESC, id DESC
LIMIT $2::bigint;

-- name: compared
SELECT id, team, kind, channel, private, asker, platform, message_channel, message, posted_us, frozen, tools
FROM whole_ballots
WHERE team = :team::bigint AND channel = :channel::text AND posted_us > :since_us::bigint
    AND posted_us <= :until_us::bigint AND kind = 'comparison'
ORDER BY posted_us, id;

-- name: voted
SELECT count(*) FROM (
    SELECT DISTINCT m.ballot, m.person
    FROM ballots AS b JOIN marks AS m ON m.ballot = b.id
    WHERE b.team = :team::bigint AND b.channel = :channel::text AND b.active_us > :since_us::bigint
        AND m.active = 1 AND m.at_us > :since_us::bigint AND m.at_us <= :until_us::bigint
) AS votes;

-- name: moved
SELECT t.tool, coalesce(b.ships, 0), coalesce(b.skips, 0), a.ships, a.skips
FROM (
    SELECT DISTINCT tool FROM tally_log
    WHERE team = :team::bigint AND at_us > :since_us::bigint AND at_us <= :until_us::bigint
) AS t
CROSS JOIN LATERAL (
    SELECT l.ships, l.skips FROM tally_log AS l
    WHERE l.team = :team::bigint AND l.tool = t.tool AND l.at_us <= :until_us::bigint
    ORDER BY l.minute DESC
    LIMIT 1
) AS a
LEFT JOIN LATERAL (
    SELECT l.ships, l.skips FROM tally_log AS l
    WHERE l.team = :team::bigint AND l.tool = t.tool AND l.at_us <= :since_us::bigint
    ORDER BY l.minute DESC
    LIMIT 1
) AS b ON true
ORDER BY t.tool;

-- name: stored_tallies
SELECT tool, ships, skips FROM tallies WHERE team = $1::bigint AND (ships > 0 OR skips > 0);

-- name: stored_pairs
SELECT first, second, prefer_first, prefer_second, "both", neither
FROM pairs
WHERE team = $1::bigint AND (prefer_first > 0 OR prefer_second > 0 OR "both" > 0 OR neither > 0);

-- name: team_ids
SELECT t.id
FROM teams AS t
WHERE t.id > $1::bigint AND EXISTS (SELECT 1 FROM ballots AS b WHERE b.team = t.id)
ORDER BY t.id
LIMIT 1;
