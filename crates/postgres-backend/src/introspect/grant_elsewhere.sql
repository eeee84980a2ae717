-- Access privileges on what belongs to the whole database: languages, foreign-data wrappers and servers. Those that
-- Postgres itself or an extension brought along are no objects of ours, but what is granted on them is said by
-- nobody else. What an extension gives is kept apart by Postgres.
SELECT pg_catalog.json_build_object(
           'class', o.class::pg_catalog.oid::pg_catalog.int8,
           'oid', o.oid::pg_catalog.int8,
           'name', o.name,
           'extension', (
               SELECT e.extension::pg_catalog.int8
               FROM extension_member AS e
               WHERE e.classid = o.class AND e.objid = o.oid),
           'granted', (
               SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                   CASE WHEN e.grantee <> 0 THEN pg_catalog.pg_get_userbyid(e.grantee) END,
                   e.grantee = o.owner, e.privilege_type, e.is_grantable,
                   CASE WHEN e.grantor <> o.owner THEN pg_catalog.pg_get_userbyid(e.grantor) END))
               FROM pg_catalog.aclexplode(o.acl) AS e),
           'initial', (
               SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                   CASE WHEN e.grantee <> 0 THEN pg_catalog.pg_get_userbyid(e.grantee) END,
                   e.grantee = o.owner, e.privilege_type, e.is_grantable, NULL))
               FROM pg_catalog.aclexplode(coalesce(
                   (SELECT p.initprivs
                    FROM pg_catalog.pg_init_privs AS p
                    WHERE p.classoid = o.class AND p.objoid = o.oid AND p.objsubid = 0),
                   o.initial)) AS e)) AS body
FROM (
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass AS class, l.oid, l.lanname AS name,
           l.lanowner AS owner, l.lanacl AS acl, pg_catalog.acldefault('l', l.lanowner) AS initial
    FROM pg_catalog.pg_language AS l
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, w.oid, w.fdwname,
           w.fdwowner, w.fdwacl, pg_catalog.acldefault('F', w.fdwowner)
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, s.srvname,
           s.srvowner, s.srvacl, pg_catalog.acldefault('S', s.srvowner)
    FROM pg_catalog.pg_foreign_server AS s
) AS o
WHERE o.acl IS NOT NULL AND $1 IS NULL AND NOT $4
