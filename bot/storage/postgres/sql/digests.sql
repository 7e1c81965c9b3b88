-- name: subscribe<!
INSERT INTO subscriptions (team, channel, private, weekday, hour, minute, zone, set_by, since_us, next_due_us)
VALUES (
    $1::bigint, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::text, $8::text, $9::bigint,
    $10::bigint)
ON CONFLICT (team, channel) DO UPDATE
SET private = excluded.private, weekday = excluded.weekday, hour = excluded.hour, minute = excluded.minute,
    zone = excluded.zone, set_by = excluded.set_by, since_us = excluded.since_us,
    next_due_us = excluded.next_due_us, stopped = 0
RETURNING id;

-- name: unsubscribe<!
UPDATE subscriptions SET stopped = 1 WHERE team = $1::bigint AND channel = $2::text AND stopped = 0 RETURNING id;

-- name: subscription
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.team = $1::bigint AND s.channel = $2::text AND s.stopped = 0;

-- name: of_team
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.team = $1::bigint AND s.stopped = 0
ORDER BY s.channel;

-- name: due
SELECT count(*)
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us <= :now_us::bigint AND t.platform = :platform::text;

-- name: next_due
SELECT s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us > :after_us::bigint AND t.platform = :platform::text
ORDER BY s.next_due_us
LIMIT 1;

-- name: claimable
-- Held until the commit; those that another process holds are its own.
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us <= :now_us::bigint AND t.platform = :platform::text
    AND s.team <> ALL (ARRAY(SELECT jsonb_array_elements_text(:full::jsonb)::bigint))
ORDER BY s.next_due_us, s.id
LIMIT :limit::bigint
FOR NO KEY UPDATE OF s SKIP LOCKED;

-- name: astray
-- Held until the commit; those that another process holds are its own.
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us > $1::bigint
ORDER BY s.id
FOR NO KEY UPDATE OF s SKIP LOCKED;

-- name: shorten<!
UPDATE digest_runs SET lease_us = :lease_us::bigint
WHERE id IN (
    SELECT id FROM digest_runs
    WHERE state IN ('claimed', 'attempted') AND lease_us > :far_us::bigint
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id;

-- name: move_on*!
UPDATE subscriptions AS s
SET next_due_us = m.next_due_us
FROM unnest($1::bigint[], $2::bigint[]) AS m (id, next_due_us)
WHERE s.id = m.id;

-- name: add_runs
-- Each tells what happened since the last digest that was, or may have been, seen; else in the week before.
INSERT INTO digest_runs (subscription, due_us, since_us, state, lease_us)
SELECT s.id, c.due_us, coalesce((
        SELECT max(r.due_us) FROM digest_runs AS r
        WHERE r.subscription = s.id AND r.due_us < c.due_us AND r.state IN ('posted', 'attempted', 'unconfirmed')
    ), c.due_us - 604800000000), c.state, c.lease_us
FROM (
    SELECT place, (claim ->> 0)::bigint AS subscription, (claim ->> 1)::bigint AS due_us, claim ->> 2 AS state,
        (claim ->> 3)::bigint AS lease_us
    FROM jsonb_array_elements(:claims::jsonb) WITH ORDINALITY AS given (claim, place)
) AS c JOIN subscriptions AS s ON s.id = c.subscription
ORDER BY c.place
ON CONFLICT (subscription, due_us) DO NOTHING
RETURNING id;

-- name: runs_by_id
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE r.id = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint))
ORDER BY r.due_us, r.id;

-- name: advance
UPDATE digest_runs AS r
SET state = n.state, platform = coalesce(n.platform, r.platform),
    message_channel = coalesce(n.message_channel, r.message_channel),
    message = coalesce(n.message, r.message), lease_us = coalesce(n.lease_us, r.lease_us)
FROM (
    SELECT (step ->> 0)::bigint AS run, step ->> 1 AS state, step ->> 2 AS expected, (step ->> 3)::bigint AS held_us,
        (step ->> 4)::bigint AS lease_us, step ->> 5 AS platform, step ->> 6 AS message_channel, step ->> 7 AS message
    FROM jsonb_array_elements(:steps::jsonb) AS given (step)
) AS n
WHERE r.id = n.run AND r.state = n.expected AND r.lease_us = coalesce(n.held_us, r.lease_us)
RETURNING r.id;

-- name: overdue
-- Held until the commit; those that another process holds are its own.
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE r.state IN ('claimed', 'attempted') AND r.lease_us < :now_us::bigint AND t.platform = :platform::text
    AND r.id <> ALL (ARRAY(SELECT jsonb_array_elements_text(:holding::jsonb)::bigint))
    AND s.team <> ALL (ARRAY(SELECT jsonb_array_elements_text(:full::jsonb)::bigint))
ORDER BY r.lease_us, r.id
LIMIT :limit::bigint
FOR NO KEY UPDATE OF r SKIP LOCKED;

-- name: renew*!
UPDATE digest_runs AS r
SET lease_us = n.lease_us
FROM unnest($1::bigint[], $2::bigint[]) AS n (id, lease_us)
WHERE r.id = n.id;

-- name: runs
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE s.id = :subscription::bigint
ORDER BY r.due_us DESC
LIMIT :limit::bigint;
