-- Columns.
-- The values stand in the order of the reader's fields: keys would double the time that this takes. What few
-- columns have stands in an array of its own, and the table is told by its address.
SELECT pg_catalog.json_build_array(
           a.attrelid::pg_catalog.int8,
           a.attname,
           a.attnum,
           pg_catalog.format_type(a.atttypid, a.atttypmod),
           NOT a.attnotnull,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid),
           CASE WHEN ty.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace
                  OR a.attcollation <> ty.typcollation
                  OR a.attgenerated <> ''
                  OR a.attidentity <> ''
                  OR a.attstorage <> ty.typstorage
--@14+            OR a.attcompression <> ''
                  OR a.attstattarget >= 0
                  OR a.attoptions IS NOT NULL
                  OR a.attfdwoptions IS NOT NULL
                  OR a.attacl IS NOT NULL
             THEN pg_catalog.json_build_array(
               (SELECT n.named FROM named_type AS n WHERE n.oid = a.atttypid),
               CASE WHEN a.attcollation <> ty.typcollation THEN (
                   SELECT pg_catalog.json_build_array(n.nspname, co.collname)
                   FROM pg_catalog.pg_collation AS co
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = co.collnamespace
                   WHERE co.oid = a.attcollation) END,
               a.attgenerated,
               CASE WHEN a.attidentity <> '' THEN (
                   SELECT pg_catalog.json_build_object(
                       'mode', a.attidentity,
                       'options', pg_catalog.json_build_object(
                           'start', s.seqstart, 'increment', s.seqincrement, 'min', s.seqmin,
                           'max', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle))
                   FROM pg_catalog.pg_depend AS i
                   JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = i.objid
                   WHERE i.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     AND i.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum
                     AND i.deptype = 'i') END,
               CASE WHEN a.attstorage <> ty.typstorage THEN a.attstorage END,
--@14+         CASE WHEN a.attcompression <> '' THEN a.attcompression END,
--@..13        NULL,
               CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
               a.attoptions,
               a.attfdwoptions,
               CASE WHEN a.attacl IS NOT NULL THEN (
                   SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                       CASE WHEN e.grantee <> 0 THEN pg_catalog.pg_get_userbyid(e.grantee) END,
                       e.grantee = c.relowner, e.privilege_type, e.is_grantable,
                       CASE WHEN e.grantor <> c.relowner THEN pg_catalog.pg_get_userbyid(e.grantor) END))
                   FROM pg_catalog.pg_class AS c
                   CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) AS e
                   WHERE c.oid = a.attrelid) END) END) AS body
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS ty ON ty.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
-- By the index: the planner would rather hash all attributes than a table of which it has no statistics.
WHERE a.attrelid = ANY (ARRAY(SELECT oid FROM managed_table)) AND a.attnum > 0 AND NOT a.attisdropped
