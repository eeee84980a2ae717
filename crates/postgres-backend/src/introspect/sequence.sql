-- Sequences that stand by themselves or belong to a column.
SELECT pg_catalog.json_build_object(
           'oid', r.oid::pg_catalog.int8,
           'schema', r.schema,
           'name', r.name,
           'data_type', pg_catalog.format_type(s.seqtypid, NULL),
           'options', pg_catalog.json_build_object(
               'start', s.seqstart, 'increment', s.seqincrement, 'min', s.seqmin,
               'max', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle),
--@15+     'persistence', r.other_persistence,
           'owner', CASE WHEN r.owner_table IS NOT NULL THEN
               pg_catalog.json_build_array(r.owner_schema, r.owner_table, r.owner_column) END) AS body
FROM managed_sequence AS r
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = r.oid
