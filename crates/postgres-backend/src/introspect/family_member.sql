-- The operators and functions in operator families, those of Postgres's own families among them: they
-- have higher numbers than what it brings along. One that a class cannot be without is told with that.
SELECT pg_catalog.json_build_object(
           'class', m.class::pg_catalog.oid::pg_catalog.int8,
           'oid', m.oid::pg_catalog.int8,
           'family', pg_catalog.json_build_array(fn.nspname, f.opfname),
           'method', am.amname,
           'number', m.number,
           'left', pg_catalog.format_type(m.left_type, NULL),
           'right', pg_catalog.format_type(m.right_type, NULL),
           'text', m.text,
           'order_by', (
               SELECT pg_catalog.format('%I.%I', s.nspname, o.opfname)
               FROM pg_catalog.pg_opfamily AS o
               JOIN pg_catalog.pg_namespace AS s ON s.oid = o.opfnamespace
               WHERE o.oid = m.order_by),
           'owner', (
               SELECT pg_catalog.json_build_array(s.nspname, c.opcname)
               FROM pg_catalog.pg_depend AS d
               JOIN pg_catalog.pg_opclass AS c ON c.oid = d.refobjid
               JOIN pg_catalog.pg_namespace AS s ON s.oid = c.opcnamespace
               WHERE d.classid = m.class AND d.objid = m.oid AND d.deptype = 'i'
                 AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass)) AS body
FROM (
    SELECT 'pg_catalog.pg_amop'::pg_catalog.regclass AS class, a.oid, a.amopfamily AS family,
           a.amopstrategy AS number, a.amoplefttype AS left_type, a.amoprighttype AS right_type,
           pg_catalog.format('%I.%s(%s, %s)', s.nspname, o.oprname,
               pg_catalog.format_type(o.oprleft, NULL), pg_catalog.format_type(o.oprright, NULL)) AS text,
           a.amopsortfamily AS order_by,
           'pg_catalog.pg_operator'::pg_catalog.regclass AS target_class, o.oid AS target
    FROM pg_catalog.pg_amop AS a
    JOIN pg_catalog.pg_operator AS o ON o.oid = a.amopopr
    JOIN pg_catalog.pg_namespace AS s ON s.oid = o.oprnamespace
    WHERE a.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_amproc'::pg_catalog.regclass, a.oid, a.amprocfamily,
           a.amprocnum, a.amproclefttype, a.amprocrighttype,
           a.amproc::pg_catalog.oid::pg_catalog.regprocedure::pg_catalog.text, 0,
           'pg_catalog.pg_proc'::pg_catalog.regclass, a.amproc::pg_catalog.oid
    FROM pg_catalog.pg_amproc AS a
    WHERE a.oid >= 16384
) AS m
JOIN pg_catalog.pg_opfamily AS f ON f.oid = m.family
JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.opfnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = f.opfmethod
WHERE NOT $4
  AND ($1 IS NULL OR fn.oid IN (SELECT oid FROM namespace))
  AND NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_opfamily'::pg_catalog.regclass AND e.objid = f.oid
           OR e.classid = m.target_class AND e.objid = m.target)
