-- Casts, conversions, languages and access methods. A cast stands in no schema; it is looked at where one of
-- its types is.
SELECT pg_catalog.json_build_object(
           'what', 'cast',
           'oid', c.oid::pg_catalog.int8,
           'source', pg_catalog.format_type(c.castsource, NULL),
           'target', pg_catalog.format_type(c.casttarget, NULL),
           'method', c.castmethod,
           'function', CASE WHEN c.castfunc <> 0
             THEN c.castfunc::pg_catalog.regprocedure::pg_catalog.text END,
           'function_oid', c.castfunc::pg_catalog.int8,
           'context', c.castcontext) AS body
FROM pg_catalog.pg_cast AS c
WHERE c.oid >= 16384 AND NOT $4
  AND ($1 IS NULL OR EXISTS (
        SELECT FROM pg_catalog.pg_type AS t
        WHERE t.oid IN (c.castsource, c.casttarget) AND t.typnamespace IN (SELECT oid FROM namespace)))
  -- The one from a range to its multirange comes with them.
  AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND d.objid = c.oid
          AND d.deptype IN ('e', 'i'))
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'conversion',
           'oid', c.oid::pg_catalog.int8,
           'schema', n.name,
           'name', c.conname,
           'source', pg_catalog.pg_encoding_to_char(c.conforencoding),
           'target', pg_catalog.pg_encoding_to_char(c.contoencoding),
           'function', c.conproc::pg_catalog.text,
           'default', c.condefault)
FROM namespace AS n
JOIN pg_catalog.pg_conversion AS c ON c.connamespace = n.oid
WHERE NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_conversion'::pg_catalog.regclass AND e.objid = c.oid)
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'language',
           'oid', l.oid::pg_catalog.int8,
           'name', l.lanname,
           'trusted', l.lanpltrusted,
           'handler', nullif(l.lanplcallfoid::pg_catalog.regproc::pg_catalog.text, '-'),
           'inline', nullif(l.laninline::pg_catalog.regproc::pg_catalog.text, '-'),
           'validator', nullif(l.lanvalidator::pg_catalog.regproc::pg_catalog.text, '-'))
FROM pg_catalog.pg_language AS l
WHERE l.oid >= 16384 AND $1 IS NULL AND NOT $4
  AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_language'::pg_catalog.regclass AND e.objid = l.oid)
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'method',
           'oid', a.oid::pg_catalog.int8,
           'name', a.amname,
           'kind', a.amtype,
           'handler', a.amhandler::pg_catalog.text)
FROM pg_catalog.pg_am AS a
WHERE a.oid >= 16384 AND $1 IS NULL AND NOT $4
  AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_am'::pg_catalog.regclass AND e.objid = a.oid)
