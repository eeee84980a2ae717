-- Foreign-data wrappers, servers and user mappings. Who may not see what a mapping says does not see the
-- mapping: it is told by `unmanaged`.
SELECT pg_catalog.json_build_object(
           'oid', w.oid::pg_catalog.int8,
           'kind', 'wrapper',
           'name', w.name,
           'options', w.fdwoptions,
           'handler', (
               SELECT pg_catalog.json_build_array(n.nspname, p.proname)
               FROM pg_catalog.pg_proc AS p
               JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
               WHERE p.oid = w.fdwhandler),
           'validator', (
               SELECT pg_catalog.json_build_array(n.nspname, p.proname)
               FROM pg_catalog.pg_proc AS p
               JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
               WHERE p.oid = w.fdwvalidator)) AS body
FROM managed_wrapper AS w
UNION ALL
SELECT pg_catalog.json_build_object(
           'oid', s.oid::pg_catalog.int8,
           'kind', 'server',
           'name', s.name,
           'options', s.srvoptions,
           'wrapper', w.fdwname,
           'type', s.srvtype,
           'version', s.srvversion)
FROM managed_server AS s
JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
UNION ALL
SELECT pg_catalog.json_build_object(
           'oid', m.umid::pg_catalog.int8,
           'kind', 'mapping',
           'name', s.name,
           'options', m.umoptions,
           'user', m.usename)
FROM managed_server AS s
JOIN pg_catalog.pg_user_mappings AS m ON m.srvid = s.oid
WHERE m.umoptions IS NOT NULL OR m.umuser = 0 AND pg_catalog.pg_has_role(s.srvowner, 'USAGE')
   OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
