-- Tables, without their columns, constraints and indexes.
SELECT pg_catalog.json_build_object(
           'oid', oid::pg_catalog.int8,
           'schema', schema,
           'name', name,
           'persistence', relpersistence) AS body
FROM managed_table
