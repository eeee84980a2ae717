-- Comments on managed objects, but for the one that every new database has. Which object it is, is
-- told by its address in the catalog.
SELECT pg_catalog.json_build_object(
           'class', d.classoid::pg_catalog.regclass::pg_catalog.text,
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
            SELECT indexrelid FROM managed_index)
        WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_constraint)
        WHEN 'pg_catalog.pg_type'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM managed_enum)
        WHEN 'pg_catalog.pg_namespace'::pg_catalog.regclass THEN d.objoid IN (
            SELECT oid FROM namespace WHERE name <> 'public' OR d.description <> 'standard public schema')
        ELSE false
      END
