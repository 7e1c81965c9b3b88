-- name: revision
SELECT catalogue_revision FROM store;

-- name: names
SELECT id, slug, name, qualifier FROM tools ORDER BY id;

-- name: all_words
-- Further names as the catalogue gives them, then the slugs that redirect.
SELECT tool, word FROM (
    SELECT tool, 0 AS kind, place, word FROM tool_words
    UNION ALL
    SELECT tool, 1, place, slug FROM redirects)
ORDER BY tool, kind, place;

-- name: tools
SELECT i.key,
    t.id, t.slug, t.name, t.qualifier, t.maker, t.category, t.tagline, t.best_for, t.best_for_basis, t.description,
    t.entry, t.pricing, t.licence, t.sizes, t.origin, t.as_of, t.saved,
    r.seat, r.verdict, r.basis, r.score, r.words, r.wording, r.origin, r.as_of, r.saved
FROM json_each(:ids) AS i
CROSS JOIN tools AS t ON t.id = i.value
LEFT JOIN reviews AS r ON r.tool = t.id
ORDER BY i.key;

-- name: in_category
SELECT t.slug,
    t.id, t.slug, t.name, t.qualifier, t.maker, t.category, t.tagline, t.best_for, t.best_for_basis, t.description,
    t.entry, t.pricing, t.licence, t.sizes, t.origin, t.as_of, t.saved,
    r.seat, r.verdict, r.basis, r.score, r.words, r.wording, r.origin, r.as_of, r.saved
FROM (
    SELECT * FROM tools
    WHERE category = :category
    ORDER BY favour DESC, name, slug
    LIMIT :limit OFFSET :skip
) AS t
LEFT JOIN reviews AS r ON r.tool = t.id
ORDER BY t.favour DESC, t.name, t.slug;

-- name: categories
SELECT category, count(*) FROM tools GROUP BY category ORDER BY category;

-- name: category_aliases
SELECT category, alias FROM category_aliases ORDER BY category, place;

-- name: changes
SELECT tool, at_us, field, before, after
FROM tool_changes
WHERE at_us > :since_us AND at_us <= :until_us
ORDER BY at_us, tool, field, id
LIMIT :limit;
