-- The tables of a database with what a row of each must be, as JSON: in the order of their names.
SELECT pg_catalog.json_build_object(
    'oid', c.oid::pg_catalog.int8,
    'schema', n.nspname,
    'name', c.relname,
    'columns', (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
            'number', a.attnum,
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'base', base.typname,
            'kind', base.typtype,
            'category', base.typcategory,
            'length', CASE
                WHEN base.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END,
            'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
            'skipped', a.attidentity = 'a' OR a.attgenerated <> '',
            'own', a.atthasdef OR a.attidentity <> '',
            'labels', (
                SELECT coalesce(pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]')
                FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = base.oid))
            ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_type AS base
          ON base.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'foreign_keys', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'table', k.confrelid::pg_catalog.int8,
            'columns', k.conkey,
            'referenced', (
                SELECT pg_catalog.json_agg(a.attname ORDER BY part.place)
                FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS part (number, place)
                JOIN pg_catalog.pg_attribute AS a
                  ON a.attrelid = k.confrelid AND a.attnum = part.number))
            ORDER BY k.conname), '[]')
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = c.oid AND k.contype = 'f'),
    -- The words in the checks are values that they are likely to allow.
    'words', (
        SELECT coalesce(pg_catalog.json_agg(found.word ORDER BY found.word), '[]')
        FROM (
            SELECT DISTINCT pg_catalog.replace(word.parts[1], '''''', '''') AS word
            FROM pg_catalog.pg_constraint AS k
            LEFT JOIN pg_catalog.pg_type AS t ON t.oid = k.contypid
            CROSS JOIN LATERAL pg_catalog.regexp_matches(
                pg_catalog.pg_get_constraintdef(k.oid), '''((?:[^'']|'''')*)''', 'g') AS word (parts)
            WHERE k.contype = 'c'
              AND (k.conrelid = c.oid OR k.contypid IN (
                    SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid))
        ) AS found))::pg_catalog.text AS body
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
  AND NOT (c.relname IN ('limbeck_revision', '__diesel_schema_migrations')
        OR coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') LIKE 'limbeck:%')
  AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
