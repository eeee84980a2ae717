-- Composite types, each with its attributes in order.
SELECT pg_catalog.json_build_array(
           t.oid::pg_catalog.int8,
           t.typarray::pg_catalog.int8,
           t.typrelid::pg_catalog.int8,
           t.schema,
           t.name,
           (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                       a.attnum,
                       a.attname,
                       pg_catalog.json_build_array(
                           pg_catalog.format_type(a.atttypid, a.atttypmod), named.named),
                       CASE WHEN a.attcollation <> ty.typcollation THEN (
                           SELECT pg_catalog.json_build_array(n.nspname, co.collname)
                           FROM pg_catalog.pg_collation AS co
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = co.collnamespace
                           WHERE co.oid = a.attcollation) END) ORDER BY a.attnum), '[]')
            FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
            LEFT JOIN named_type AS named ON named.oid = a.atttypid
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)) AS body
FROM managed_type AS t
WHERE t.typtype = 'c'
