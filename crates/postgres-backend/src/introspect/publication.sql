-- Publications, and the tables and schemas in them. They stand in no schema, and are looked at where all
-- schemas are.
SELECT pg_catalog.json_build_object(
           'what', 'publication',
           'oid', p.oid::pg_catalog.int8,
           'name', p.pubname,
           'all_tables', p.puballtables,
           'insert', p.pubinsert,
           'update', p.pubupdate,
           'delete', p.pubdelete,
           'truncate', p.pubtruncate,
           'via_root', p.pubviaroot,
--@18+     'generated', p.pubgencols = 's'
--@..17    'generated', false
       ) AS body
FROM pg_catalog.pg_publication AS p
WHERE $1 IS NULL AND NOT $4
UNION ALL
SELECT pg_catalog.json_build_object(
           'what', 'table',
           'oid', r.oid::pg_catalog.int8,
           'publication', p.pubname,
           'schema', t.schema,
           'table', t.name,
--@15+     'filter', pg_catalog.pg_get_expr(r.prqual, r.prrelid),
--@15+     'columns', (SELECT pg_catalog.json_agg(a.attname)
--@15+                 FROM pg_catalog.pg_attribute AS a
--@15+                 WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::pg_catalog.int2[]))
--@..14    'filter', NULL,
--@..14    'columns', NULL
       )
FROM pg_catalog.pg_publication_rel AS r
JOIN pg_catalog.pg_publication AS p ON p.oid = r.prpubid
JOIN relation AS t ON t.oid = r.prrelid
WHERE $1 IS NULL AND NOT $4 AND t.unmanaged IS DISTINCT FROM 'history table'
--@15+ UNION ALL
--@15+ SELECT pg_catalog.json_build_object(
--@15+            'what', 'schema',
--@15+            'publication', p.pubname,
--@15+            'schema', n.name)
--@15+ FROM pg_catalog.pg_publication_namespace AS r
--@15+ JOIN pg_catalog.pg_publication AS p ON p.oid = r.pnpubid
--@15+ JOIN namespace AS n ON n.oid = r.pnnspid
--@15+ WHERE $1 IS NULL AND NOT $4
