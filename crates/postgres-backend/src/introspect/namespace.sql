-- Schemas (namespaces).
SELECT pg_catalog.json_build_object('name', name) AS body
FROM namespace
