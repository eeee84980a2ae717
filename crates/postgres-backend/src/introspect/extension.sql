-- Extensions, but for the one that every new database has.
SELECT pg_catalog.json_build_array(
           e.oid::pg_catalog.int8, e.extname, n.nspname, e.extversion, e.extrelocatable) AS body
FROM managed_extension AS m
JOIN pg_catalog.pg_extension AS e ON e.oid = m.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
