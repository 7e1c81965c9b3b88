-- name: shipped
SELECT shipped FROM store;

-- name: put_shipped!
UPDATE store SET shipped = $1::text;
