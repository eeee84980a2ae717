-- Tables, without their columns, constraints and indexes.
SELECT pg_catalog.json_build_array(
           t.oid::pg_catalog.int8,
           t.reltype::pg_catalog.int8,
           t.schema,
           t.name,
           t.relpersistence,
           -- But for `heap`, the number 2 of Postgres.
           CASE WHEN t.relam NOT IN (0, 2) THEN (
               SELECT am.amname FROM pg_catalog.pg_am AS am WHERE am.oid = t.relam) END,
           CASE WHEN t.reltablespace <> 0 THEN (
               SELECT ts.spcname FROM pg_catalog.pg_tablespace AS ts WHERE ts.oid = t.reltablespace) END,
           t.reloptions,
           (SELECT toast.reloptions FROM pg_catalog.pg_class AS toast WHERE toast.oid = t.reltoastrelid),
           t.relrowsecurity,
           t.relforcerowsecurity,
           CASE WHEN t.relkind = 'p' THEN (
               SELECT pg_catalog.json_build_object(
                   'strategy', pt.partstrat,
                   'definition', pg_catalog.pg_get_partkeydef(t.oid),
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
               WHERE pt.partrelid = t.oid
               GROUP BY pt.partstrat) END,
           CASE WHEN t.relkind = 'f' THEN (
               SELECT pg_catalog.json_build_object('server', s.srvname, 'options', f.ftoptions)
               FROM pg_catalog.pg_foreign_table AS f
               JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
               WHERE f.ftrelid = t.oid) END) AS body
FROM managed_table AS t
