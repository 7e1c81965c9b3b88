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
SELECT s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM subscriptions AS s JOIN teams AS t ON t.id = s.team
WHERE s.stopped = 0 AND s.next_due_us <= :now_us
    AND (:platforms IS NULL OR t.platform IN (SELECT value FROM json_each(:platforms)))
ORDER BY s.next_due_us, s.id
LIMIT :limit;

-- name: move_on<!
UPDATE subscriptions SET next_due_us = :next_due_us
WHERE id = :subscription AND next_due_us = :due_us AND NOT stopped
RETURNING id;

-- name: add_run<!
-- It tells what happened since the last digest that was, or may have been, seen; else in the week before.
INSERT INTO digest_runs (id, subscription, due_us, since_us, state, lease_us)
SELECT max(last_run, (SELECT coalesce(max(id), 0) FROM digest_runs)) + 1, s.id, :due_us, coalesce((
        SELECT max(due_us) FROM digest_runs
        WHERE subscription = s.id AND due_us < :due_us AND state IN ('posted', 'attempted', 'unconfirmed')
    ), :due_us - 604800000000), :state, :lease_us
FROM store CROSS JOIN subscriptions AS s
WHERE s.id = :subscription
ON CONFLICT (subscription, due_us) DO NOTHING
RETURNING id;

-- name: run
SELECT r.id, r.due_us, r.since_us, r.state, r.lease_us,
    s.id, s.team, t.platform, t.external_id, s.channel, s.private, s.weekday, s.hour, s.minute, s.zone, s.set_by,
    s.since_us, s.next_due_us
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE r.id = ?;

-- name: advance<!
UPDATE digest_runs
SET state = :state, platform = coalesce(:platform, platform),
    message_channel = coalesce(:message_channel, message_channel), message = coalesce(:message, message),
    lease_us = coalesce(:lease_us, lease_us)
WHERE id = :run AND state = :expected AND lease_us = coalesce(:held_us, lease_us)
RETURNING id;

-- name: overdue
SELECT r.id
FROM digest_runs AS r
JOIN subscriptions AS s ON s.id = r.subscription
JOIN teams AS t ON t.id = s.team
WHERE r.state IN ('claimed', 'attempted') AND r.lease_us < :now_us
    AND (:platforms IS NULL OR t.platform IN (SELECT value FROM json_each(:platforms)))
ORDER BY r.due_us, r.id;

-- name: renew!
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
