-- Comments on managed objects, but for the one that every new database has. Which object it is, is
-- told by its address in the catalog.
SELECT pg_catalog.json_build_object(
           'class', d.classoid::pg_catalog.int8,
           'oid', d.objoid::pg_catalog.int8,
           'number', d.objsubid,
           'text', d.description) AS body
FROM pg_catalog.pg_description AS d
WHERE CASE d.classoid
        WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_table
            UNION ALL
            SELECT oid FROM managed_sequence
            UNION ALL
            SELECT indexrelid FROM managed_index
            UNION ALL
            SELECT typrelid FROM managed_type WHERE typtype = 'c')
        WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_constraint
            UNION ALL
            SELECT c.oid FROM pg_catalog.pg_constraint AS c
            WHERE c.contypid IN (SELECT oid FROM managed_type WHERE typtype = 'd'))
        WHEN 'pg_catalog.pg_type'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_type)
        WHEN 'pg_catalog.pg_collation'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_collation)
        WHEN 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_statistics)
        WHEN 'pg_catalog.pg_foreign_server'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_server)
        WHEN 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_wrapper)
        -- The one from its control file comes with the extension itself.
        WHEN 'pg_catalog.pg_extension'::pg_catalog.regclass THEN d.objoid IN (
            SELECT m.oid FROM managed_extension AS m
            WHERE d.description IS DISTINCT FROM (
                SELECT a.comment FROM pg_catalog.pg_available_extensions() AS a
                WHERE a.name = m.name))
        WHEN 'pg_catalog.pg_namespace'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM namespace WHERE name <> 'public' OR d.description <> 'standard public schema')
        WHEN 'pg_catalog.pg_publication'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_subscription'::pg_catalog.regclass THEN true
        -- What Postgres brings along has lower numbers.
        WHEN 'pg_catalog.pg_ts_parser'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_ts_template'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_ts_dict'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_ts_config'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_operator'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_opfamily'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_opclass'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_cast'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_conversion'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_language'::pg_catalog.regclass THEN d.objoid >= 16384
        WHEN 'pg_catalog.pg_am'::pg_catalog.regclass THEN d.objoid >= 16384
        ELSE false
      END
