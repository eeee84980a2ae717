-- What text is searched by: parsers and templates with their functions, dictionaries, configurations.
SELECT pg_catalog.json_build_object(
           'what', s.what,
           'oid', s.oid::pg_catalog.int8,
           'schema', n.name,
           'name', s.name,
           'functions', (
               SELECT pg_catalog.json_agg(
                          CASE WHEN f.oid IS NOT NULL
                            THEN pg_catalog.json_build_array(fn.nspname, f.proname) END
                          ORDER BY u.position)
               FROM pg_catalog.unnest(s.functions) WITH ORDINALITY AS u (oid, position)
               LEFT JOIN pg_catalog.pg_proc AS f ON f.oid = u.oid
               LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid = f.pronamespace)) AS body
FROM (
    SELECT 'parser' AS what, 'pg_catalog.pg_ts_parser'::pg_catalog.regclass AS class, oid,
           prsname AS name, prsnamespace AS namespace,
           ARRAY[prsstart, prstoken, prsend, prsheadline, prslextype]::pg_catalog.oid[] AS functions
    FROM pg_catalog.pg_ts_parser
    UNION ALL
    SELECT 'template', 'pg_catalog.pg_ts_template'::pg_catalog.regclass, oid,
           tmplname, tmplnamespace, ARRAY[tmplinit, tmpllexize]::pg_catalog.oid[]
    FROM pg_catalog.pg_ts_template
) AS s
JOIN namespace AS n ON n.oid = s.namespace
WHERE NOT EXISTS (SELECT FROM extension_member AS e WHERE e.classid = s.class AND e.objid = s.oid)
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'dictionary',
           'oid', d.oid::pg_catalog.int8,
           'schema', n.name,
           'name', d.dictname,
           'template', pg_catalog.json_build_array(tn.nspname, t.tmplname),
           'options', d.dictinitoption)
FROM namespace AS n
JOIN pg_catalog.pg_ts_dict AS d ON d.dictnamespace = n.oid
JOIN pg_catalog.pg_ts_template AS t ON t.oid = d.dicttemplate
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.tmplnamespace
WHERE NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_ts_dict'::pg_catalog.regclass AND e.objid = d.oid)
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'configuration',
           'oid', c.oid::pg_catalog.int8,
           'schema', n.name,
           'name', c.cfgname,
           'parser', pg_catalog.json_build_array(pn.nspname, p.prsname),
           'mappings', (
               SELECT pg_catalog.json_agg(
                          pg_catalog.json_build_array(tt.alias, dn.nspname, d.dictname)
                          ORDER BY m.maptokentype, m.mapseqno)
               FROM pg_catalog.pg_ts_config_map AS m
               JOIN pg_catalog.ts_token_type(c.cfgparser) AS tt ON tt.tokid = m.maptokentype
               JOIN pg_catalog.pg_ts_dict AS d ON d.oid = m.mapdict
               JOIN pg_catalog.pg_namespace AS dn ON dn.oid = d.dictnamespace
               WHERE m.mapcfg = c.oid))
FROM namespace AS n
JOIN pg_catalog.pg_ts_config AS c ON c.cfgnamespace = n.oid
JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.prsnamespace
WHERE NOT EXISTS (
        SELECT FROM extension_member AS e
        WHERE e.classid = 'pg_catalog.pg_ts_config'::pg_catalog.regclass AND e.objid = c.oid)
