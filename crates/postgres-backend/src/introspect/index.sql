-- Indexes that no constraint made.
-- The values stand in the order of the reader's fields: keys would double the time that this takes.
SELECT pg_catalog.json_build_array(
           i.indexrelid::pg_catalog.int8,
           i.schema,
           i.table_name,
           i.name,
           am.amname,
           i.indisunique,
--@15+     i.indnullsnotdistinct,
--@..14    false,
           e.elements,
           included.columns,
           pg_catalog.pg_get_expr(i.indpred, i.indrelid),
           i.reloptions) AS body
FROM managed_index AS i
JOIN pg_catalog.pg_am AS am ON am.oid = i.relam
LEFT JOIN index_elements AS e ON e.indexrelid = i.indexrelid
LEFT JOIN index_included AS included ON included.indexrelid = i.indexrelid
