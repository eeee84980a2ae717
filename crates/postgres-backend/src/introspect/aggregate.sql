-- Aggregates.
SELECT pg_catalog.json_build_object(
           'oid', p.oid::pg_catalog.int8,
           'schema', r.schema,
           'name', p.proname,
           'identity', pg_catalog.pg_get_function_identity_arguments(p.oid),
           'arguments', pg_catalog.pg_get_function_arguments(p.oid),
           'result', pg_catalog.pg_get_function_result(p.oid),
           'kind', a.aggkind,
           'parallel', p.proparallel,
           'state', pg_catalog.json_build_object(
               'function', a.aggtransfn::pg_catalog.text,
               'type', pg_catalog.format_type(a.aggtranstype, NULL),
               'space', a.aggtransspace,
               'initial', a.agginitval,
               'finish', nullif(a.aggfinalfn::pg_catalog.text, '-'),
               'finish_extra', a.aggfinalextra,
               'finish_modify', a.aggfinalmodify),
           'moving', CASE WHEN a.aggmtransfn::pg_catalog.oid <> 0 THEN pg_catalog.json_build_object(
               'function', a.aggmtransfn::pg_catalog.text,
               'type', pg_catalog.format_type(a.aggmtranstype, NULL),
               'space', a.aggmtransspace,
               'initial', a.aggminitval,
               'finish', nullif(a.aggmfinalfn::pg_catalog.text, '-'),
               'finish_extra', a.aggmfinalextra,
               'finish_modify', a.aggmfinalmodify) END,
           'inverse', nullif(a.aggminvtransfn::pg_catalog.text, '-'),
           'combine', nullif(a.aggcombinefn::pg_catalog.text, '-'),
           'serialize', nullif(a.aggserialfn::pg_catalog.text, '-'),
           'deserialize', nullif(a.aggdeserialfn::pg_catalog.text, '-'),
           'sort_operator', CASE WHEN a.aggsortop <> 0 THEN (
               SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
               FROM pg_catalog.pg_operator AS o
               JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
               WHERE o.oid = a.aggsortop) END) AS body
FROM managed_routine AS r
JOIN pg_catalog.pg_proc AS p ON p.oid = r.oid
JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = p.oid
