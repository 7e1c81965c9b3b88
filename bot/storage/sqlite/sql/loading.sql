-- name: last_id
SELECT coalesce(max(id), 0) FROM tools;

-- name: ids_of_slugs
SELECT slug, id FROM tools WHERE slug IN (SELECT value FROM json_each(?));

-- name: redirects_of_slugs
SELECT r.slug, t.id, t.slug
FROM redirects AS r JOIN tools AS t ON t.id = r.tool
WHERE r.slug IN (SELECT value FROM json_each(?));

-- name: words_of_tools
SELECT tool, word FROM tool_words WHERE tool IN (SELECT value FROM json_each(?)) ORDER BY tool, place;

-- name: redirects_to_tools
SELECT tool, slug FROM redirects WHERE tool IN (SELECT value FROM json_each(?)) ORDER BY tool, place;

-- name: put_tool*!
INSERT INTO tools (id, slug, name, qualifier, maker, category, tagline, best_for, best_for_basis, description,
    entry, pricing, licence, sizes, origin, as_of, saved, favour)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
SET slug = excluded.slug, name = excluded.name, qualifier = excluded.qualifier, maker = excluded.maker,
    category = excluded.category, tagline = excluded.tagline, best_for = excluded.best_for,
    best_for_basis = excluded.best_for_basis, description = excluded.description, entry = excluded.entry,
    pricing = excluded.pricing, licence = excluded.licence, sizes = excluded.sizes, origin = excluded.origin,
    as_of = excluded.as_of, saved = excluded.saved, favour = excluded.favour;

-- name: clear_reviews*!
DELETE FROM reviews WHERE tool = ?;

-- name: put_review*!
INSERT INTO reviews (tool, seat, verdict, basis, score, words, wording, origin, as_of, saved)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: clear_words*!
DELETE FROM tool_words WHERE tool = ?;

-- name: put_word*!
INSERT INTO tool_words (tool, place, word) VALUES (?, ?, ?);

-- name: clear_redirects*!
DELETE FROM redirects WHERE tool = ?;

-- name: put_redirect*!
INSERT INTO redirects (slug, tool, place) VALUES (?, ?, ?)
ON CONFLICT (slug) DO UPDATE SET tool = excluded.tool, place = excluded.place;

-- name: put_change*!
INSERT INTO tool_changes (tool, at_us, field, before, after) VALUES (?, ?, ?, ?, ?);

-- name: clear_category_aliases!
DELETE FROM category_aliases WHERE category = ?;

-- name: put_category_alias*!
INSERT INTO category_aliases (category, place, alias) VALUES (?, ?, ?);

-- name: next_revision!
UPDATE store SET catalogue_revision = catalogue_revision + 1;
