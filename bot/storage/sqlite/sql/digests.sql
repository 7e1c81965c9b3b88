-- name: subscribe<!
INSERT INTO subscriptions
    (id, team, channel, private, weekday, hour, minute, zone, set_by, since_us, next_due_us)
SELECT max(last_subscription, (SELECT coalesce(max(id), 0) FROM subscriptions)) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
FROM store
WHERE true
ON CONFLICT (team, channel) DO UPDATE
SET private = excluded.private, weekday = excluded.weekday, hour = excluded.hour, minute = excluded.minute,
    zone = excluded.zone, set_by = excluded.set_by, since_us = excluded.since_us,
    next_due_us = excluded.next_due_us, stopped = 0
RETURNING id;

-- name: unsubscribe<!
UPDATE subscriptions SET stopped = 1 WHERE team = ? AND channel = ? AND NOT stopped RETURNING id;

-- name: subscription
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.team = ? AND s.channel = ? AND NOT s.stopped;

-- name: of_team
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.team = ? AND NOT s.stopped
ORDER BY s.channel;

-- name: due
SELECT count(*)
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us <= :now_us AND t.platform = :platform;

-- name: next_due
SELECT s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us > :after_us AND t.platform = :platform
ORDER BY s.next_due_us
LIMIT 1;

-- name: claimable
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us <= :now_us AND t.platform = :platform
    AND s.team NOT IN (SELECT value FROM json_each(:full))
ORDER BY s.next_due_us, s.id
LIMIT :limit;

-- name: astray
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us > ?
ORDER BY s.id;

-- name: shorten<!
UPDATE digest_runs SET lease_us = :lease_us
WHERE state IN ('claimed', 'attempted') AND lease_us > :far_us
RETURNING id;

-- name: move_on*!
UPDATE subscriptions SET next_due_us = ?2 WHERE id = ?1;

-- name: add_runs
-- Each tells what happened since the last digest that was, or may have been, seen; else in the week before.
INSERT INTO digest_runs (id, subscription, due_us, since_us, state, lease_us)
SELECT max(last_run, (SELECT coalesce(max(id), 0) FROM digest_runs)) + row_number() OVER (ORDER BY c.place),
    s.id, c.due_us, coalesce((
        SELECT max(due_us) FROM digest_runs
        WHERE subscription = s.id AND due_us < c.due_us AND state IN ('posted', 'attempted', 'unconfirmed')
    ), c.due_us - 604800000000), c.state, c.lease_us
FROM (
    SELECT key AS place, json_extract(value, '$[0]') AS subscription, json_extract(value, '$[1]') AS due_us,
        json_extract(value, '$[2]') AS state, json_extract(value, '$[3]') AS lease_us
    FROM json_each(:claims)
) AS c JOIN subscriptions AS s ON s.id = c.subscription CROSS JOIN store
WHERE true
ON CONFLICT (subscription, due_us) DO NOTHING
RETURNING id;

-- name: runs_by_id
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE r.id IN (SELECT value FROM json_each(?))
ORDER BY r.due_us, r.id;

-- name: advance
UPDATE digest_runs
SET state = n.state, platform = coalesce(n.platform, digest_runs.platform),
    message_channel = coalesce(n.message_channel, digest_runs.message_channel),
    message = coalesce(n.message, digest_runs.message), lease_us = coalesce(n.lease_us, digest_runs.lease_us)
FROM (
    SELECT json_extract(value, '$[0]') AS run, json_extract(value, '$[1]') AS state,
        json_extract(value, '$[2]') AS expected, json_extract(value, '$[3]') AS held_us,
        json_extract(value, '$[4]') AS lease_us, json_extract(value, '$[5]') AS platform,
        json_extract(value, '$[6]') AS message_channel, json_extract(value, '$[7]') AS message
    FROM json_each(:steps)
) AS n
WHERE digest_runs.id = n.run AND digest_runs.state = n.expected
    AND digest_runs.lease_us = coalesce(n.held_us, digest_runs.lease_us)
RETURNING id;

-- name: overdue
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE r.state IN ('claimed', 'attempted') AND r.lease_us < :now_us AND t.platform = :platform
    AND r.id NOT IN (SELECT value FROM json_each(:holding))
    AND s.team NOT IN (SELECT value FROM json_each(:full))
ORDER BY r.lease_us, r.id
LIMIT :limit;

-- name: renew*!
UPDATE digest_runs SET lease_us = ?2 WHERE id = ?1;

-- name: runs
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE s.id = :subscription
ORDER BY r.due_us DESC
LIMIT :limit;
