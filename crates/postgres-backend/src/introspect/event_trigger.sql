-- Event triggers. They stand in no schema, and are looked at where all schemas are.
SELECT pg_catalog.json_build_object(
           'oid', e.oid::pg_catalog.int8,
           'name', e.evtname,
           'event', e.evtevent,
           'tags', e.evttags,
           'function', pg_catalog.json_build_array(fn.nspname, f.proname),
           'firing', e.evtenabled) AS body
FROM pg_catalog.pg_event_trigger AS e
JOIN pg_catalog.pg_proc AS f ON f.oid = e.evtfoid
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.pronamespace
WHERE $1 IS NULL AND NOT $4
  AND NOT EXISTS (
        SELECT FROM extension_member AS m
        WHERE m.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND m.objid = e.oid)
