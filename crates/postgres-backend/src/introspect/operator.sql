-- Operators, without those that are only announced by another one's COMMUTATOR or NEGATOR.
SELECT pg_catalog.json_build_object(
           'oid', o.oid::pg_catalog.int8,
           'schema', n.name,
           'name', o.oprname,
           'left', CASE WHEN o.oprleft <> 0 THEN pg_catalog.format_type(o.oprleft, NULL) END,
           'right', CASE WHEN o.oprright <> 0 THEN pg_catalog.format_type(o.oprright, NULL) END,
           'function', o.oprcode::pg_catalog.text,
           'commutator', (
               SELECT pg_catalog.json_build_array(s.nspname, c.oprname)
               FROM pg_catalog.pg_operator AS c
               JOIN pg_catalog.pg_namespace AS s ON s.oid = c.oprnamespace
               WHERE c.oid = o.oprcom),
           'negator', (
               SELECT pg_catalog.json_build_array(s.nspname, c.oprname)
               FROM pg_catalog.pg_operator AS c
               JOIN pg_catalog.pg_namespace AS s ON s.oid = c.oprnamespace
               WHERE c.oid = o.oprnegate),
           'restrict', nullif(o.oprrest::pg_catalog.text, '-'),
           'join', nullif(o.oprjoin::pg_catalog.text, '-'),
           'hashes', o.oprcanhash,
           'merges', o.oprcanmerge,
           'announced', (
               SELECT pg_catalog.json_build_array(
                   coalesce(pg_catalog.bool_or(c.oid = o.oprcom), false),
                   coalesce(pg_catalog.bool_or(c.oid = o.oprnegate), false))
               FROM pg_catalog.pg_operator AS c
               WHERE c.oid IN (o.oprcom, o.oprnegate) AND c.oprcode::pg_catalog.oid = 0)) AS body
FROM namespace AS n
JOIN pg_catalog.pg_operator AS o ON o.oprnamespace = n.oid
WHERE o.oprcode::pg_catalog.oid <> 0
  AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND e.objid = o.oid)
