-- name: hash_key
SELECT hash_key FROM store;
