-- Views: the columns that the query decides, and the query.
SELECT pg_catalog.json_build_object(
           'oid', v.oid::pg_catalog.int8,
           'schema', v.schema,
           'name', v.name,
           'columns', (
               SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
                          a.attnum, a.attname,
                          pg_catalog.format_type(a.atttypid, a.atttypmod),
                          CASE WHEN co.oid IS NOT NULL
                            THEN pg_catalog.json_build_array(cn.nspname, co.collname) END,
                          pg_catalog.pg_get_expr(ad.adbin, ad.adrelid))
                          ORDER BY a.attnum), '[]')
               FROM pg_catalog.pg_attribute AS a
               LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
               LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
               LEFT JOIN pg_catalog.pg_attrdef AS ad
                      ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
               WHERE a.attrelid = v.oid AND a.attnum > 0 AND NOT a.attisdropped),
           'query', pg_catalog.pg_get_viewdef(v.oid),
           'options', c.reloptions) AS body
FROM managed_view AS v
JOIN pg_catalog.pg_class AS c ON c.oid = v.oid
WHERE v.relkind = 'v'
