-- name: append<!
INSERT INTO terminal_messages (channel, number, author, body, ballot, digest, at_us)
SELECT :channel, coalesce(max(number), 0) + 1, :author, :body, :ballot, :digest, :at_us
FROM terminal_messages
WHERE channel = :channel
RETURNING number;

-- name: last
SELECT channel, number, author, body, ballot, digest, at_us FROM (
    SELECT * FROM terminal_messages WHERE channel = ? ORDER BY number DESC LIMIT ?)
ORDER BY number;

-- name: find_digest
SELECT number FROM terminal_messages WHERE channel = ? AND digest = ? ORDER BY number LIMIT 1;

-- name: get
SELECT channel, number, author, body, ballot, digest, at_us
FROM terminal_messages
WHERE channel = ? AND number = ?;
