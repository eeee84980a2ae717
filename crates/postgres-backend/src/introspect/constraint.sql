-- Constraints of every kind but NOT NULL.
-- The values stand in the order of the reader's fields: keys would double the time that this takes.
SELECT pg_catalog.json_build_array(
           c.oid::pg_catalog.int8,
           CASE WHEN c.contype IN ('p', 'u', 'x') THEN c.conindid::pg_catalog.int8 END,
           c.schema,
           c.table_name,
           c.conname,
           c.contype,
           c.condeferrable,
           c.condeferred,
           c.convalidated,
--@18+     c.conenforced,
--@..17    true,
           CASE WHEN c.contype IN ('p', 'u', 'f') THEN (
               SELECT pg_catalog.json_agg((
                          SELECT a.attname FROM pg_catalog.pg_attribute AS a
                          WHERE a.attrelid = c.conrelid AND a.attnum = k.number) ORDER BY k.position)
               FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k (number, position)) END,
           included.columns,
--@15+     coalesce(i.indnullsnotdistinct, false),
--@..14    false,
--@18+     c.conperiod,
--@..17    false,
           CASE WHEN c.contype = 'c'
             THEN pg_catalog.pg_get_expr(c.conbin, c.conrelid) END,
           c.connoinherit,
           CASE WHEN c.contype = 'f' THEN pg_catalog.json_build_array(
               fn.nspname,
               f.relname,
               (
                   SELECT pg_catalog.json_agg((
                              SELECT a.attname FROM pg_catalog.pg_attribute AS a
                              WHERE a.attrelid = c.confrelid AND a.attnum = k.number) ORDER BY k.position)
                   FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY AS k (number, position)),
               c.confmatchtype,
               c.confupdtype,
               c.confdeltype,
--@15+         CASE WHEN c.confdelsetcols IS NOT NULL THEN (
--@15+             SELECT pg_catalog.json_agg(a.attname ORDER BY k.position)
--@15+             FROM pg_catalog.unnest(c.confdelsetcols) WITH ORDINALITY AS k (number, position)
--@15+             JOIN pg_catalog.pg_attribute AS a
--@15+               ON a.attrelid = c.conrelid AND a.attnum = k.number) END
--@..14        NULL
           ) END,
           CASE WHEN c.contype = 'x' THEN pg_catalog.json_build_object(
               'method', am.amname,
               'elements', e.elements,
               'operators', (
                   SELECT pg_catalog.json_agg(
                       CASE WHEN n.nspname = 'pg_catalog' THEN o.oprname
                         ELSE 'OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.'
                              || o.oprname || ')' END
                       ORDER BY k.position)
                   FROM pg_catalog.unnest(c.conexclop) WITH ORDINALITY AS k (operator, position)
                   JOIN pg_catalog.pg_operator AS o ON o.oid = k.operator
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace),
               'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid)) END,
           ic.reloptions,
           ts.spcname,
           d.description) AS body
FROM managed_constraint AS c
LEFT JOIN pg_catalog.pg_class AS f ON c.contype = 'f' AND f.oid = c.confrelid
LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON c.contype IN ('p', 'u', 'x') AND i.indexrelid = c.conindid
LEFT JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = ic.relam
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = ic.reltablespace
LEFT JOIN pg_catalog.pg_description AS d
  ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = i.indexrelid AND d.objsubid = 0
LEFT JOIN index_included AS included ON included.indexrelid = i.indexrelid
LEFT JOIN index_elements AS e ON e.indexrelid = i.indexrelid
