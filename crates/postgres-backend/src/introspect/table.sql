-- Tables, without their columns, constraints and indexes.
SELECT pg_catalog.json_build_array(
           t.oid::pg_catalog.int8,
           c.reltype::pg_catalog.int8,
           t.schema,
           t.name,
           t.relpersistence,
           am.amname,
           ts.spcname,
           c.reloptions,
           toast.reloptions,
           c.relrowsecurity,
           c.relforcerowsecurity) AS body
FROM managed_table AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname <> 'heap'
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_class AS toast ON toast.oid = c.reltoastrelid
