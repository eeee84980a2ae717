-- What ties tables to their parents, and the indexes of partitions to those of the partitioned table.
SELECT pg_catalog.json_build_array(
           c.relispartition, t.schema, t.name, pn.nspname, p.relname,
           pg_catalog.pg_get_expr(c.relpartbound, c.oid), NULL, NULL) AS body
FROM managed_table AS t
JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = t.oid
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
UNION ALL
SELECT pg_catalog.json_build_array(
           true, t.schema, t.name, pn.nspname, p.relname, NULL, c.relname, above.relname)
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_index AS x ON x.indexrelid = i.inhrelid
JOIN managed_table AS t ON t.oid = x.indrelid
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_class AS above ON above.oid = i.inhparent
JOIN pg_catalog.pg_index AS ax ON ax.indexrelid = above.oid
JOIN pg_catalog.pg_class AS p ON p.oid = ax.indrelid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
