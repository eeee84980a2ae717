-- Constraints of every kind but NOT NULL.
-- The values stand in the order of the reader's fields: keys would double the time that this takes. What few
-- constraints have stands in an array of its own; tables and columns are told by their addresses.
SELECT pg_catalog.json_build_array(
           c.oid::pg_catalog.int8,
           CASE WHEN c.contype IN ('p', 'u', 'x') THEN c.conindid::pg_catalog.int8 END,
           c.conrelid::pg_catalog.int8,
           c.conname,
           c.contype,
           CASE WHEN c.contype IN ('p', 'u', 'f') THEN c.conkey::pg_catalog.text END,
           CASE WHEN c.contype = 'c'
             THEN pg_catalog.pg_get_expr(c.conbin, c.conrelid) END,
           CASE WHEN c.contype = 'f' THEN pg_catalog.json_build_array(
               c.confrelid::pg_catalog.int8,
               c.confkey::pg_catalog.text,
               c.confmatchtype,
               c.confupdtype,
               c.confdeltype,
--@15+         c.confdelsetcols,
--@..14        NULL,
               -- What is not read has no address.
               CASE WHEN c.confrelid NOT IN (SELECT oid FROM managed_table) THEN (
                   SELECT pg_catalog.json_build_array(
                              n.nspname,
                              f.relname,
                              (SELECT pg_catalog.json_agg(a.attname ORDER BY k.position)
                               FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY AS k (number, position)
                               JOIN pg_catalog.pg_attribute AS a
                                 ON a.attrelid = c.confrelid AND a.attnum = k.number))
                   FROM pg_catalog.pg_class AS f
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = f.relnamespace
                   WHERE f.oid = c.confrelid) END) END,
           CASE WHEN c.contype = 'x'
                  OR c.contype = 'c' AND c.connoinherit
                  OR c.condeferrable
                  OR NOT c.convalidated
--@18+            OR NOT c.conenforced
--@18+            OR c.conperiod
                  OR s.indexrelid IS NOT NULL
             THEN pg_catalog.json_build_array(
               c.condeferrable,
               c.condeferred,
               c.convalidated,
--@18+         c.conenforced,
--@..17        true,
               s.columns,
               coalesce(s.nulls_not_distinct, false),
--@18+         c.conperiod,
--@..17        false,
               c.connoinherit,
               CASE WHEN c.contype = 'x' THEN (
                   SELECT pg_catalog.json_build_object(
                       'method', am.amname,
                       'keys', i.indkey::pg_catalog.text,
                       'options', i.indoption::pg_catalog.text,
                       'oid', i.indexrelid::pg_catalog.int8,
                       'operators', (
                           SELECT pg_catalog.json_agg(
                               CASE WHEN n.nspname = 'pg_catalog' THEN o.oprname
                                 ELSE 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.'
                                      || o.oprname || ')' END
                               ORDER BY k.position)
                           FROM pg_catalog.unnest(c.conexclop) WITH ORDINALITY AS k (operator, position)
                           JOIN pg_catalog.pg_operator AS o ON o.oid = k.operator
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace),
                       'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid))
                   FROM pg_catalog.pg_index AS i
                   JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
                   JOIN pg_catalog.pg_am AS am ON am.oid = ic.relam
                   WHERE i.indexrelid = c.conindid) END,
               s.reloptions,
               s.spcname,
               s.description) END) AS body
FROM managed_constraint AS c
-- Those of their indexes that have anything to tell.
LEFT JOIN (
    SELECT i.indexrelid, included.columns, i.reloptions, ts.spcname, d.description,
--@..14     false AS nulls_not_distinct
--@15+     i.indnullsnotdistinct AS nulls_not_distinct
    FROM any_index AS i
    LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = i.reltablespace
    LEFT JOIN pg_catalog.pg_description AS d
           ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = i.indexrelid AND d.objsubid = 0
    LEFT JOIN index_included AS included ON included.indexrelid = i.indexrelid
    WHERE i.of_constraint
      AND (included.indexrelid IS NOT NULL
           OR i.reloptions IS NOT NULL
           OR i.reltablespace <> 0
           OR d.description IS NOT NULL
--@15+     OR i.indnullsnotdistinct
      )
    OFFSET 0
) AS s ON c.contype IN ('p', 'u', 'x') AND s.indexrelid = c.conindid
