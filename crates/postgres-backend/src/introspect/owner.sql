-- Owners, where that is not the role that looks; of a sequence that a column owns it is its table's. The
-- schema `public` has the owner that every new database gives it.
SELECT pg_catalog.json_build_array(
           owned.class::pg_catalog.oid::pg_catalog.int8, owned.oid::pg_catalog.int8, pg_catalog.pg_get_userbyid(owned.owner)) AS body
FROM (
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass AS class, n.oid, n.nspowner AS owner
    FROM pg_catalog.pg_namespace AS n
    WHERE n.oid IN (SELECT oid FROM namespace)
--@..14 AND (n.nspname <> 'public' OR n.nspowner <> 10)
--@15+ AND (n.nspname <> 'public' OR n.nspowner <> 6171)
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner
    FROM relation AS c
    WHERE c.oid IN (
        SELECT oid FROM managed_table UNION ALL SELECT oid FROM managed_view
        UNION ALL SELECT oid FROM managed_sequence WHERE owner_table IS NULL)
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.proowner
    FROM pg_catalog.pg_proc AS p
    WHERE p.oid IN (SELECT oid FROM managed_routine)
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typowner
    FROM pg_catalog.pg_type AS t
    WHERE t.oid IN (SELECT oid FROM managed_type)
    UNION ALL
    SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, c.oid, c.collowner
    FROM pg_catalog.pg_collation AS c
    WHERE c.oid IN (SELECT oid FROM managed_collation)
    UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, s.stxowner
    FROM pg_catalog.pg_statistic_ext AS s
    WHERE s.oid IN (SELECT oid FROM managed_statistics)
    UNION ALL
    SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, e.oid, e.evtowner
    FROM pg_catalog.pg_event_trigger AS e
) AS owned
WHERE NOT $4
  AND owned.owner <> (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user)
