-- Functions and procedures. A default that is told by its place counts parameters of every mode.
SELECT pg_catalog.json_build_object(
           'oid', p.oid::pg_catalog.int8,
           'schema', r.schema,
           'name', p.proname,
           'arguments', r.arguments,
           'kind', p.prokind,
           'parameters', (
               SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                          'mode', coalesce(p.proargmodes[a.position], 'i'),
                          'name', nullif(p.proargnames[a.position], ''),
                          'type', pg_catalog.format_type(a.type, NULL),
                          'default', pg_catalog.pg_get_function_arg_default(
                              p.oid, a.position::pg_catalog.int4))
                          ORDER BY a.position), '[]')
               FROM pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog._oid))
                   WITH ORDINALITY AS a (type, position)),
           'result', pg_catalog.pg_get_function_result(p.oid),
           'returns_set', p.proretset,
           'language', l.lanname,
           'source', p.prosrc,
           'library', p.probin,
--@14+     'sql_body', pg_catalog.pg_get_function_sqlbody(p.oid),
           'volatility', p.provolatile,
           'strict', p.proisstrict,
           'leakproof', p.proleakproof,
           'security_definer', p.prosecdef,
           'parallel', p.proparallel,
           'cost', CASE WHEN p.procost <> CASE WHEN l.lanname IN ('internal', 'c') THEN 1 ELSE 100 END
                     THEN p.procost::pg_catalog.text END,
           'rows', CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows::pg_catalog.text END,
           'support', CASE WHEN p.prosupport::pg_catalog.oid <> 0
                        THEN p.prosupport::pg_catalog.regproc::pg_catalog.text END,
           'settings', p.proconfig,
           'transforms', (
               SELECT pg_catalog.json_agg(pg_catalog.format_type(t.type, NULL) ORDER BY t.position)
               FROM pg_catalog.unnest(p.protrftypes) WITH ORDINALITY AS t (type, position))) AS body
FROM managed_routine AS r
JOIN pg_catalog.pg_proc AS p ON p.oid = r.oid AND p.prokind <> 'a'
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
