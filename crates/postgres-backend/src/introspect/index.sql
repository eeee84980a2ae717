-- Indexes that no constraint made.
-- The values stand in the order of the reader's fields: keys would double the time that this takes. What few
-- indexes have stands in an array of its own; tables and columns are told by their addresses.
SELECT pg_catalog.json_build_array(
           i.indexrelid::pg_catalog.int8,
           i.indrelid::pg_catalog.int8,
           i.name,
           -- Nearly all are btree indexes.
           CASE WHEN i.relam <> 403 THEN (
               SELECT am.amname FROM pg_catalog.pg_am AS am WHERE am.oid = i.relam) END,
           i.indisunique,
           i.indkey::pg_catalog.text,
           i.indoption::pg_catalog.text,
           pg_catalog.pg_get_expr(i.indpred, i.indrelid),
           CASE WHEN i.of_view
--@15+            OR i.indnullsnotdistinct
                  OR included.indexrelid IS NOT NULL
                  OR i.reloptions IS NOT NULL
                  OR i.reltablespace <> 0
                  OR targets.targets IS NOT NULL
                  OR NOT i.indisvalid
             THEN pg_catalog.json_build_array(
               CASE WHEN i.of_view THEN pg_catalog.json_build_array(i.schema, i.table_name) END,
--@15+         i.indnullsnotdistinct,
--@..14        false,
               included.columns,
               i.reloptions,
               (SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = i.reltablespace),
               targets.targets,
               i.indisvalid) END) AS body
FROM managed_index AS i
LEFT JOIN index_included AS included ON included.indexrelid = i.indexrelid
-- Only an expression can have a target.
LEFT JOIN LATERAL (
    SELECT pg_catalog.json_object_agg(a.attnum, a.attstattarget) AS targets
    FROM pg_catalog.pg_attribute AS a
    WHERE i.indexprs IS NOT NULL AND a.attrelid = i.indexrelid AND a.attnum > 0 AND a.attstattarget >= 0
    OFFSET 0
) AS targets ON true
