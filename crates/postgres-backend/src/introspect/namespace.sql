-- Schemas (namespaces).
SELECT pg_catalog.json_build_object('oid', oid::pg_catalog.int8, 'name', name) AS body
FROM namespace
