-- What is there and not managed, by kind and name.
SELECT pg_catalog.json_build_object('kind', kind, 'schema', schema, 'name', name) AS body
FROM (
    SELECT unmanaged AS kind, schema, name::pg_catalog.text
    FROM relation
    WHERE unmanaged IS NOT NULL
    UNION ALL
    SELECT 'sequence', r.schema, r.name
    FROM relation AS r
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
     AND d.deptype = 'a'
    WHERE r.relkind = 'S'
      AND NOT EXISTS (SELECT FROM managed_table AS t WHERE t.oid = d.refobjid)
    UNION ALL
    SELECT 'base type', n.name, t.typname
    FROM namespace AS n
    JOIN pg_catalog.pg_type AS t ON t.typnamespace = n.oid
    WHERE t.typtype = 'b' AND t.typisdefined
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_type AS element WHERE element.typarray = t.oid)
      AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.objid = t.oid)
    UNION ALL
    SELECT 'trigger', r.schema, r.name || '.' || g.tgname
    FROM relation AS r
    JOIN pg_catalog.pg_trigger AS g
      ON g.tgrelid = r.oid AND NOT g.tgisinternal AND g.tgparentid = 0 AND r.unmanaged IS NOT NULL
    UNION ALL
    SELECT 'rule', r.schema, r.name || '.' || w.rulename
    FROM relation AS r
    JOIN pg_catalog.pg_rewrite AS w
      ON w.ev_class = r.oid AND w.rulename <> '_RETURN' AND r.unmanaged IS NOT NULL
    UNION ALL
    SELECT 'policy', r.schema, r.name || '.' || p.polname
    FROM relation AS r
    JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid AND r.unmanaged IS NOT NULL
    UNION ALL
    SELECT 'user mapping', '', s.name || '.' || m.usename
    FROM managed_server AS s
    JOIN pg_catalog.pg_user_mappings AS m ON m.srvid = s.oid
    WHERE m.umoptions IS NULL
      AND NOT (m.umuser = 0 AND pg_catalog.pg_has_role(s.srvowner, 'USAGE'))
      AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
    UNION ALL
    SELECT 'transform', '', pg_catalog.format_type(f.trftype, NULL) || ' ' || l.lanname
    FROM pg_catalog.pg_transform AS f
    JOIN pg_catalog.pg_language AS l ON l.oid = f.trflang
    WHERE $1 IS NULL AND NOT $4
      AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_transform'::pg_catalog.regclass AND e.objid = f.oid)
    UNION ALL
    SELECT 'security label', '', pg_catalog.pg_describe_object(s.classoid, s.objoid, s.objsubid)
    FROM pg_catalog.pg_seclabel AS s
    WHERE $1 IS NULL AND NOT $4
    UNION ALL
    SELECT 'statistics', n.name, s.stxname
    FROM namespace AS n
    JOIN pg_catalog.pg_statistic_ext AS s ON s.stxnamespace = n.oid
    WHERE s.oid NOT IN (SELECT oid FROM managed_statistics)
) AS seen
