-- What ties tables to indexes and types. An index that is gone identifies nothing.
SELECT pg_catalog.json_build_array(
           'replica', t.schema, t.name, t.relreplident,
           (SELECT i.name FROM any_index AS i WHERE i.indrelid = t.oid AND i.indisreplident),
           NULL) AS body
FROM managed_table AS t
WHERE t.relreplident <> 'd' AND t.relkind <> 'f'
UNION ALL
SELECT pg_catalog.json_build_array('cluster', i.schema, i.table_name, NULL, i.name, NULL)
FROM any_index AS i
WHERE i.indisclustered
UNION ALL
SELECT pg_catalog.json_build_array(
           'typed', t.schema, t.name, NULL, NULL,
           pg_catalog.json_build_array(n.nspname, ty.typname))
FROM managed_table AS t
JOIN pg_catalog.pg_type AS ty ON ty.oid = t.reloftype
JOIN pg_catalog.pg_namespace AS n ON n.oid = ty.typnamespace
WHERE t.reloftype <> 0
