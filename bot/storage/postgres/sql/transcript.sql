-- name: append<!
INSERT INTO terminal_messages (channel, number, author, body, ballot, digest, at_us)
VALUES (
    :channel::text, next_message(:channel::text), :author::text, :body::text, :ballot::bigint, :digest::bigint,
    :at_us::bigint)
RETURNING number;

-- name: last
SELECT channel, number, author, body, ballot, digest, at_us FROM (
    SELECT * FROM terminal_messages WHERE channel = $1::text ORDER BY number DESC LIMIT $2::bigint) AS newest
ORDER BY number;

-- name: find_digest
SELECT number FROM terminal_messages WHERE channel = $1::text AND digest = $2::bigint ORDER BY number LIMIT 1;

-- name: get
SELECT channel, number, author, body, ballot, digest, at_us
FROM terminal_messages
WHERE channel = $1::text AND number = $2::bigint;
