-- Operator families and classes, without what is in them.
SELECT pg_catalog.json_build_object(
           'what', 'family',
           'oid', f.oid::pg_catalog.int8,
           'schema', n.name,
           'name', f.opfname,
           'method', am.amname) AS body
FROM namespace AS n
JOIN pg_catalog.pg_opfamily AS f ON f.opfnamespace = n.oid
JOIN pg_catalog.pg_am AS am ON am.oid = f.opfmethod
WHERE NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND e.objid = f.oid)
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'class',
           'oid', c.oid::pg_catalog.int8,
           'schema', n.name,
           'name', c.opcname,
           'method', am.amname,
           'input', pg_catalog.format_type(c.opcintype, NULL),
           'family', pg_catalog.json_build_array(fn.nspname, f.opfname),
           'default', c.opcdefault,
           'storage', CASE WHEN c.opckeytype NOT IN (0, c.opcintype)
             THEN pg_catalog.format_type(c.opckeytype, NULL) END)
FROM namespace AS n
JOIN pg_catalog.pg_opclass AS c ON c.opcnamespace = n.oid
JOIN pg_catalog.pg_am AS am ON am.oid = c.opcmethod
JOIN pg_catalog.pg_opfamily AS f ON f.oid = c.opcfamily
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.opfnamespace
WHERE NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND e.objid = c.oid)
