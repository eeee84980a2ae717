-- Comments on managed objects, but for the one that every new database has.
SELECT pg_catalog.json_build_object(
           'on', pg_catalog.json_build_object(
               'kind', o.kind, 'schema', o.schema, 'table', o.table_name, 'name', o.name),
           'text', d.description) AS body
FROM object AS o
JOIN pg_catalog.pg_description AS d
  ON d.classoid = o.classid AND d.objoid = o.objid AND d.objsubid = o.subid
WHERE NOT (o.kind = 'schema' AND o.name = 'public' AND d.description = 'standard public schema')
