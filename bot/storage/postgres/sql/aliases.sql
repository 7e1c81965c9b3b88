-- name: aliases
SELECT words, tool, set_by, at_us FROM team_aliases WHERE team = $1::bigint ORDER BY words;

-- name: put_alias*!
-- Of those given for the same words, the last counts.
INSERT INTO team_aliases (team, words, tool, set_by, at_us)
SELECT DISTINCT ON (team, words) team, words, tool, set_by, at_us
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]) WITH ORDINALITY
    AS a (team, words, tool, set_by, at_us, place)
ORDER BY team, words, place DESC
ON CONFLICT (team, words) DO UPDATE
SET tool = excluded.tool, set_by = excluded.set_by, at_us = excluded.at_us;

-- name: drop_alias<!
DELETE FROM team_aliases WHERE team = $1::bigint AND words = $2::text RETURNING words;
