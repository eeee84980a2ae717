-- What a database knows its objects by, whatever they are called: kind, number, number in it, schema,
-- table or type, name.
SELECT kind, number::pg_catalog.int8 AS number, part::pg_catalog.int8 AS part,
       schema::pg_catalog.text AS schema, owner::pg_catalog.text AS owner, name::pg_catalog.text AS name
FROM (
    SELECT 'table' AS kind, c.oid AS number, 0 AS part,
           n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS owner,
           ''::pg_catalog.text AS name
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r'
    UNION ALL
    SELECT 'column', c.oid, a.attnum, n.nspname, c.relname, a.attname
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'index' END, c.oid, 0, n.nspname, c.relname, ''
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('S', 'i')
    UNION ALL
    SELECT 'constraint', k.oid, 0, n.nspname, c.relname, k.conname
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'enum', t.oid, 0, n.nspname, t.typname, ''
    FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e'
    UNION ALL
    SELECT 'enum value', e.oid, 0, n.nspname, t.typname, e.enumlabel
    FROM pg_catalog.pg_enum AS e
    JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
) AS known
WHERE pg_catalog.left(schema, 3) <> 'pg_' AND schema <> 'information_schema'
ORDER BY kind, number, part
