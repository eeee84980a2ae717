-- Tables, without their columns, constraints and indexes.
SELECT pg_catalog.json_build_object(
           'schema', schema,
           'name', name,
           'persistence', relpersistence) AS body
FROM managed_table
