-- Access privileges, and those that Postgres gives by itself. What has none noted has those. The schema
-- `public` begins as every new database has it. The sequence of an identity is told by its column.
SELECT pg_catalog.json_build_object(
           'class', o.class::pg_catalog.oid::pg_catalog.int8,
           'oid', o.oid::pg_catalog.int8,
           'column', o.attname,
           'counter', o.counter,
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
               FROM pg_catalog.aclexplode(o.initial) AS e)) AS body
FROM (
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass AS class, n.oid, NULL::pg_catalog.name AS attname,
           NULL::pg_catalog.json AS counter, n.nspowner AS owner,
           coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) AS acl,
           CASE WHEN n.nspname = 'public' THEN
                    pg_catalog.acldefault('n', n.nspowner)
                    || pg_catalog.makeaclitem(0, n.nspowner, 'USAGE', false)
--@..14 || pg_catalog.makeaclitem(0, n.nspowner, 'CREATE', false)
                ELSE pg_catalog.acldefault('n', n.nspowner) END AS initial
    FROM pg_catalog.pg_namespace AS n
    WHERE n.oid IN (SELECT oid FROM namespace)
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, NULL, NULL, c.relowner, c.relacl,
           pg_catalog.acldefault(CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
    FROM relation AS c
    WHERE c.relacl IS NOT NULL AND c.oid IN (
        SELECT oid FROM managed_table UNION ALL SELECT oid FROM managed_view
        UNION ALL SELECT oid FROM managed_sequence)
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, d.refobjid, NULL,
           pg_catalog.json_build_array(d.refobjsubid, r.schema, r.name),
           r.relowner, r.relacl, pg_catalog.acldefault('s', r.relowner)
    FROM relation AS r
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i'
    WHERE r.relkind = 'S' AND r.relacl IS NOT NULL
    UNION ALL
    -- Those on the columns of a table stand with these.
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, v.oid, a.attname, NULL, c.relowner, a.attacl, pg_catalog.acldefault('c', c.relowner)
    FROM managed_view AS v
    JOIN pg_catalog.pg_class AS c ON c.oid = v.oid
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid = v.oid AND a.attnum > 0 AND a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, NULL, NULL, p.proowner, p.proacl, pg_catalog.acldefault('f', p.proowner)
    FROM pg_catalog.pg_proc AS p
    WHERE p.proacl IS NOT NULL AND p.oid IN (SELECT oid FROM managed_routine)
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, NULL, NULL, t.typowner, t.typacl, pg_catalog.acldefault('T', t.typowner)
    FROM pg_catalog.pg_type AS t
    WHERE t.typacl IS NOT NULL AND t.oid IN (SELECT oid FROM managed_type)
) AS o
WHERE NOT $4
