-- Enum types with their values in sort order.
SELECT pg_catalog.json_build_object(
           'oid', t.oid::pg_catalog.int8,
           'array_oid', t.typarray::pg_catalog.int8,
           'schema', t.schema,
           'name', t.name,
           'values', (
               SELECT coalesce(pg_catalog.json_agg(v.enumlabel ORDER BY v.enumsortorder), '[]')
               FROM pg_catalog.pg_enum AS v
               WHERE v.enumtypid = t.oid)) AS body
FROM managed_type AS t
WHERE t.typtype = 'e'
