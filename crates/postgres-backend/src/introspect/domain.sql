-- Domains, without their checks.
SELECT pg_catalog.json_build_array(
           t.oid::pg_catalog.int8,
           t.typarray::pg_catalog.int8,
           t.schema,
           t.name,
           pg_catalog.json_build_array(
               pg_catalog.format_type(ty.typbasetype, ty.typtypmod), named.named),
           CASE WHEN ty.typcollation <> base.typcollation THEN (
               SELECT pg_catalog.json_build_array(n.nspname, co.collname)
               FROM pg_catalog.pg_collation AS co
               JOIN pg_catalog.pg_namespace AS n ON n.oid = co.collnamespace
               WHERE co.oid = ty.typcollation) END,
           pg_catalog.pg_get_expr(ty.typdefaultbin, 'pg_catalog.pg_type'::pg_catalog.regclass),
           ty.typnotnull) AS body
FROM managed_type AS t
JOIN pg_catalog.pg_type AS ty ON ty.oid = t.oid
JOIN pg_catalog.pg_type AS base ON base.oid = ty.typbasetype
LEFT JOIN named_type AS named ON named.oid = ty.typbasetype
WHERE t.typtype = 'd'
