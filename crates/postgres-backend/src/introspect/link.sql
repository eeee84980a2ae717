-- What ties tables to indexes and types. An index that is gone identifies nothing.
SELECT pg_catalog.json_build_array(
           'replica', t.schema, t.name, c.relreplident,
           (SELECT ic.relname
            FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
            WHERE i.indrelid = c.oid AND i.indisreplident),
           NULL) AS body
FROM managed_table AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid AND c.relreplident <> 'd' AND c.relkind <> 'f'
UNION ALL
SELECT pg_catalog.json_build_array('cluster', t.schema, t.name, NULL, ic.relname, NULL)
FROM (SELECT oid, schema, name FROM managed_table
      UNION ALL
      SELECT oid, schema, name FROM managed_view WHERE relkind = 'm') AS t
JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid AND i.indisclustered
JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
UNION ALL
SELECT pg_catalog.json_build_array(
           'typed', t.schema, t.name, NULL, NULL,
           pg_catalog.json_build_array(n.nspname, ty.typname))
FROM managed_table AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid AND c.reloftype <> 0
JOIN pg_catalog.pg_type AS ty ON ty.oid = c.reloftype
JOIN pg_catalog.pg_namespace AS n ON n.oid = ty.typnamespace
