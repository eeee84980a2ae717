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
           'merges', o.oprcanmerge) AS body
FROM namespace AS n
JOIN pg_catalog.pg_operator AS o ON o.oprnamespace = n.oid
WHERE o.oprcode::pg_catalog.oid <> 0
  AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND e.objid = o.oid)
