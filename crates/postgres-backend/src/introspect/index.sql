-- Indexes that no constraint made.
-- The values stand in the order of the reader's fields: keys would double the time that this takes. What few
-- indexes have stands in an array of its own; tables and columns are told by their addresses.
SELECT pg_catalog.json_build_array(
           i.indexrelid::pg_catalog.int8,
           i.indrelid::pg_catalog.int8,
           i.name,
           am.amname,
           i.indisunique,
           i.indkey::pg_catalog._int2,
           i.indoption::pg_catalog._int2,
           e.told,
           pg_catalog.pg_get_expr(i.indpred, i.indrelid),
           CASE WHEN i.of_view
--@15+            OR i.indnullsnotdistinct
                  OR included.indexrelid IS NOT NULL
                  OR i.reloptions IS NOT NULL
                  OR ts.oid IS NOT NULL
                  OR targets.attrelid IS NOT NULL
                  OR NOT i.indisvalid
             THEN pg_catalog.json_build_array(
               CASE WHEN i.of_view THEN pg_catalog.json_build_array(i.schema, i.table_name) END,
--@15+         i.indnullsnotdistinct,
--@..14        false,
               included.columns,
               i.reloptions,
               ts.spcname,
               targets.targets,
               i.indisvalid) END) AS body
FROM managed_index AS i
JOIN pg_catalog.pg_am AS am ON am.oid = i.relam
LEFT JOIN index_elements AS e ON e.indexrelid = i.indexrelid
LEFT JOIN index_included AS included ON included.indexrelid = i.indexrelid
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = i.reltablespace
LEFT JOIN (
    SELECT a.attrelid, pg_catalog.json_object_agg(a.attnum, a.attstattarget) AS targets
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attstattarget >= 0 AND a.attnum > 0
      AND a.attrelid IN (SELECT indexrelid FROM managed_index)
    GROUP BY a.attrelid
) AS targets ON targets.attrelid = i.indexrelid
