-- Indexes that no constraint made.
SELECT pg_catalog.json_build_object(
           'oid', i.indexrelid::pg_catalog.int8,
           'schema', i.schema,
           'table', i.table_name,
           'name', i.name,
           'method', am.amname,
           'unique', i.indisunique,
--@15+     'nulls_not_distinct', i.indnullsnotdistinct,
--@..14    'nulls_not_distinct', false,
           'elements', e.elements,
           'include', included.columns,
           'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
           'storage', i.reloptions) AS body
FROM managed_index AS i
JOIN pg_catalog.pg_am AS am ON am.oid = i.relam
LEFT JOIN index_elements AS e ON e.indexrelid = i.indexrelid
LEFT JOIN index_included AS included ON included.indexrelid = i.indexrelid
