-- Range types with their multirange types.
SELECT pg_catalog.json_build_array(
           t.oid::pg_catalog.int8,
           t.typarray::pg_catalog.int8,
           t.schema,
           t.name,
           pg_catalog.json_build_array(pg_catalog.format_type(r.rngsubtype, NULL), named.named),
           CASE WHEN NOT oc.opcdefault THEN pg_catalog.json_build_array(ocn.nspname, oc.opcname) END,
           CASE WHEN r.rngcollation <> sub.typcollation THEN (
               SELECT pg_catalog.json_build_array(n.nspname, co.collname)
               FROM pg_catalog.pg_collation AS co
               JOIN pg_catalog.pg_namespace AS n ON n.oid = co.collnamespace
               WHERE co.oid = r.rngcollation) END,
           (SELECT pg_catalog.json_build_array(n.nspname, p.proname)
            FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE p.oid = r.rngcanonical),
           (SELECT pg_catalog.json_build_array(n.nspname, p.proname)
            FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE p.oid = r.rngsubdiff),
--@14+     (SELECT pg_catalog.json_build_array(
--@14+                 multi.oid::pg_catalog.int8, multi.typarray::pg_catalog.int8,
--@14+                 n.nspname, multi.typname)
--@14+      FROM pg_catalog.pg_type AS multi
--@14+      JOIN pg_catalog.pg_namespace AS n ON n.oid = multi.typnamespace
--@14+      WHERE multi.oid = r.rngmultitypid),
--@..13    NULL,
           -- The functions that make values of it are part of it.
           (SELECT coalesce(pg_catalog.json_agg(d.objid::pg_catalog.int8), '[]')
            FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'i'
              AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
--@14+        AND d.refobjid IN (r.rngtypid, r.rngmultitypid)
--@..13       AND d.refobjid = r.rngtypid
           )) AS body
FROM managed_type AS t
JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
JOIN pg_catalog.pg_type AS sub ON sub.oid = r.rngsubtype
JOIN pg_catalog.pg_opclass AS oc ON oc.oid = r.rngsubopc
JOIN pg_catalog.pg_namespace AS ocn ON ocn.oid = oc.opcnamespace
LEFT JOIN named_type AS named ON named.oid = r.rngsubtype
WHERE t.typtype = 'r'
