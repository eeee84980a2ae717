-- The checks of domains.
SELECT pg_catalog.json_build_array(
           c.oid::pg_catalog.int8,
           t.schema,
           t.name,
           c.conname,
           pg_catalog.pg_get_expr(c.conbin, 0),
           c.convalidated) AS body
FROM managed_type AS t
JOIN pg_catalog.pg_constraint AS c ON c.contypid = t.oid AND c.contype = 'c'
WHERE t.typtype = 'd'
