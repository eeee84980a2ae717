-- Owners of what few databases have, where that is not the role that looks. The reader knows which of them are managed.
SELECT pg_catalog.json_build_array(
           owned.class::pg_catalog.oid::pg_catalog.int8, owned.oid::pg_catalog.int8,
           pg_catalog.pg_get_userbyid(owned.owner)) AS body
FROM (
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AS class, w.oid, w.fdwowner AS owner
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    WHERE w.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, s.srvowner
    FROM pg_catalog.pg_foreign_server AS s
    WHERE s.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, l.lanowner
    FROM pg_catalog.pg_language AS l
    WHERE l.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, p.oid, p.pubowner
    FROM pg_catalog.pg_publication AS p
    WHERE p.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, d.dictowner
    FROM pg_catalog.pg_ts_dict AS d
    WHERE d.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, c.oid, c.cfgowner
    FROM pg_catalog.pg_ts_config AS c
    WHERE c.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, o.oprowner
    FROM pg_catalog.pg_operator AS o
    WHERE o.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, f.opfowner
    FROM pg_catalog.pg_opfamily AS f
    WHERE f.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, k.oid, k.opcowner
    FROM pg_catalog.pg_opclass AS k
    WHERE k.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, v.oid, v.conowner
    FROM pg_catalog.pg_conversion AS v
    WHERE v.oid >= 16384
) AS owned
WHERE NOT $4
  AND owned.owner <> (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user)
