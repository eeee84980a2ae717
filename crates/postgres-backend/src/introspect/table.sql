-- Tables, without their columns, constraints and indexes.
SELECT pg_catalog.json_build_array(
           t.oid::pg_catalog.int8,
           c.reltype::pg_catalog.int8,
           t.schema,
           t.name,
           t.relpersistence,
           am.amname,
           ts.spcname,
           c.reloptions,
           toast.reloptions,
           c.relrowsecurity,
           c.relforcerowsecurity,
           CASE WHEN c.relkind = 'p' THEN (
               SELECT pg_catalog.json_build_object(
                   'strategy', pt.partstrat,
                   'definition', pg_catalog.pg_get_partkeydef(c.oid),
                   'elements', pg_catalog.json_agg(
                       pg_catalog.json_build_object(
                           'column', a.attname,
                           'collation', CASE WHEN co.oid <> a.attcollation
                             THEN pg_catalog.json_build_array(cn.nspname, co.collname) END,
                           'operator_class', CASE WHEN a.attnum IS NOT NULL AND NOT oc.opcdefault
                             THEN pg_catalog.json_build_array(ocn.nspname, oc.opcname) END)
                       ORDER BY k.position))
               FROM pg_catalog.pg_partitioned_table AS pt
               CROSS JOIN LATERAL pg_catalog.unnest(pt.partattrs::pg_catalog._int2)
                   WITH ORDINALITY AS k (number, position)
               JOIN pg_catalog.pg_opclass AS oc ON oc.oid = pt.partclass[k.position - 1]
               JOIN pg_catalog.pg_namespace AS ocn ON ocn.oid = oc.opcnamespace
               LEFT JOIN pg_catalog.pg_attribute AS a
                      ON a.attrelid = pt.partrelid AND a.attnum = k.number AND k.number > 0
               LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = pt.partcollation[k.position - 1]
               LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
               WHERE pt.partrelid = c.oid
               GROUP BY pt.partstrat) END,
           CASE WHEN c.relkind = 'f' THEN (
               SELECT pg_catalog.json_build_object('server', s.srvname, 'options', f.ftoptions)
               FROM pg_catalog.pg_foreign_table AS f
               JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
               WHERE f.ftrelid = c.oid) END) AS body
FROM managed_table AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname <> 'heap'
LEFT JOIN pg_catalog.pg_tablespace AS ts ON ts.oid = c.reltablespace
LEFT JOIN (
    SELECT oid, reloptions FROM pg_catalog.pg_class WHERE relkind = 't' AND reloptions IS NOT NULL OFFSET 0
) AS toast ON toast.oid = c.reltoastrelid
