-- Extended statistics. What only tells that there are expressions is no kind of its own.
SELECT pg_catalog.json_build_array(
           s.oid::pg_catalog.int8,
           m.schema,
           m.name,
           m.table_schema,
           m.table_name,
           (SELECT coalesce(pg_catalog.json_agg(kind), '[]')
            FROM pg_catalog.unnest(s.stxkind) AS kind
            WHERE kind <> 'e'),
           (SELECT coalesce(pg_catalog.json_agg(a.attname), '[]')
            FROM pg_catalog.unnest(s.stxkeys::pg_catalog.int2[]) AS number
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = s.stxrelid AND a.attnum = number),
--@14+     pg_catalog.to_json(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid)),
--@..13    NULL,
           CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END) AS body
FROM managed_statistics AS m
JOIN pg_catalog.pg_statistic_ext AS s ON s.oid = m.oid
