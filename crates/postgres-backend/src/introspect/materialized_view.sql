-- Materialized views; of their columns only how many there are.
SELECT pg_catalog.json_build_object(
           'oid', v.oid::pg_catalog.int8,
           'schema', v.schema,
           'name', v.name,
           'columns', c.relnatts,
           'query', pg_catalog.pg_get_viewdef(v.oid),
           'options', c.reloptions,
           'toast_options', t.reloptions,
           'method', CASE WHEN am.amname <> 'heap' THEN am.amname END,
           'tablespace', ts.spcname,
           'populated', c.relispopulated) AS body
FROM managed_view AS v
JOIN pg_catalog.pg_class AS c ON c.oid = v.oid
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = c.reltablespace
WHERE v.relkind = 'm'
