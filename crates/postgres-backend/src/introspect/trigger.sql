-- Triggers, but for those that Postgres makes itself: of foreign keys, and of a partition for one of
-- its parent's. The condition cannot be had by itself, since it reads two rows: it is cut out.
SELECT pg_catalog.json_build_object(
           'oid', g.oid::pg_catalog.int8,
           'schema', r.schema,
           'table', r.name,
           'name', g.tgname,
           'type', g.tgtype,
           'columns', (
               SELECT pg_catalog.json_agg(a.attname ORDER BY k.position)
               FROM pg_catalog.unnest(g.tgattr::pg_catalog._int2) WITH ORDINALITY AS k (number, position)
               JOIN pg_catalog.pg_attribute AS a
                 ON a.attrelid = g.tgrelid AND a.attnum = k.number),
           'condition', CASE WHEN g.tgqual IS NOT NULL THEN pg_catalog.substring(
               pg_catalog.pg_get_triggerdef(g.oid), ' WHEN \((.*)\) EXECUTE FUNCTION ') END,
           'old_table', g.tgoldtable,
           'new_table', g.tgnewtable,
           'constraint', g.tgconstraint <> 0,
           'deferrable', g.tgdeferrable,
           'deferred', g.tginitdeferred,
           'references', CASE WHEN g.tgconstrrelid <> 0 THEN (
               SELECT pg_catalog.json_build_array(n.nspname, c.relname)
               FROM pg_catalog.pg_class AS c
               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
               WHERE c.oid = g.tgconstrrelid) END,
           'function', pg_catalog.json_build_array(fn.nspname, f.proname),
           'arguments', pg_catalog.encode(g.tgargs, 'hex'),
           'firing', g.tgenabled) AS body
FROM pg_catalog.pg_trigger AS g
JOIN (SELECT oid, schema, name FROM managed_table
      UNION ALL
      SELECT oid, schema, name FROM managed_view) AS r ON r.oid = g.tgrelid
JOIN pg_catalog.pg_proc AS f ON f.oid = g.tgfoid
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.pronamespace
WHERE NOT g.tgisinternal AND g.tgparentid = 0
