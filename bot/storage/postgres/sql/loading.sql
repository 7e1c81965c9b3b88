-- name: last_id
SELECT last_tool();

-- name: ids_of_slugs
SELECT slug, id FROM tools WHERE slug = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)));

-- name: redirects_of_slugs
SELECT r.slug, t.id, t.slug
FROM redirects AS r JOIN tools AS t ON t.id = r.tool
WHERE r.slug = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)));

-- name: words_of_tools
SELECT tool, word
FROM tool_words
WHERE tool = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint))
ORDER BY tool, place;

-- name: redirects_to_tools
SELECT tool, slug
FROM redirects
WHERE tool = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)::bigint))
ORDER BY tool, place;

-- name: put_tool*!
INSERT INTO tools (id, slug, name, qualifier, maker, category, tagline, best_for, best_for_basis, description,
    entry, pricing, licence, sizes, origin, as_of, saved, favour)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
    $18::double precision[])
ON CONFLICT (id) DO UPDATE
SET slug = excluded.slug, name = excluded.name, qualifier = excluded.qualifier, maker = excluded.maker,
    category = excluded.category, tagline = excluded.tagline, best_for = excluded.best_for,
    best_for_basis = excluded.best_for_basis, description = excluded.description, entry = excluded.entry,
    pricing = excluded.pricing, licence = excluded.licence, sizes = excluded.sizes, origin = excluded.origin,
    as_of = excluded.as_of, saved = excluded.saved, favour = excluded.favour;

-- name: clear_reviews*!
DELETE FROM reviews WHERE tool IN (SELECT unnest($1::bigint[]));

-- name: put_review*!
INSERT INTO reviews (tool, seat, verdict, basis, score, words, wording, origin, as_of, saved)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[]);

-- name: clear_words*!
DELETE FROM tool_words WHERE tool IN (SELECT unnest($1::bigint[]));

-- name: put_word*!
INSERT INTO tool_words (tool, place, word) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]);

-- name: clear_redirects*!
DELETE FROM redirects WHERE tool IN (SELECT unnest($1::bigint[]));

-- name: put_redirect*!
INSERT INTO redirects (slug, tool, place) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
ON CONFLICT (slug) DO UPDATE SET tool = excluded.tool, place = excluded.place;

-- name: put_change*!
INSERT INTO tool_changes (tool, at_us, field, before, after)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[]);

-- name: clear_category_aliases!
DELETE FROM category_aliases WHERE category = $1::text;

-- name: put_category_alias*!
INSERT INTO category_aliases (category, place, alias) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[]);

-- name: next_revision!
UPDATE store SET catalogue_revision = catalogue_revision + 1;
