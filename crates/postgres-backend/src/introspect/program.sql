-- What is said of the kinds that hold queries or code, whatever the kind: their comments (an object
-- with a text), and the edges that lead from them or to a routine (an array of two addresses).
--
-- A view is told from its rule, which holds its query: the edges of the one are the other's. The row
-- type of a table or view is that itself, the type of an array that of its elements. What needs
-- something that belongs to an extension needs the extension.
SELECT pg_catalog.json_build_object(
           'class', d.classoid::pg_catalog.int8,
           'oid', d.objoid::pg_catalog.int8,
           'column', a.attname,
           'text', d.description) AS body
FROM pg_catalog.pg_description AS d
LEFT JOIN pg_catalog.pg_attribute AS a
       ON d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
WHERE CASE d.classoid
        WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.objoid IN (SELECT oid FROM managed_view)
        WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.objoid IN (SELECT oid FROM managed_routine)
        WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_event_trigger'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN true
        ELSE false
      END
UNION ALL
SELECT pg_catalog.json_build_array(
           CASE WHEN ad.oid IS NOT NULL OR w.oid IS NOT NULL THEN 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.int8
                ELSE d.classid::pg_catalog.int8 END,
           coalesce(ad.adrelid, w.ev_class, d.objid)::pg_catalog.int8,
           coalesce(ad.adnum, d.objsubid),
           CASE WHEN em.extension IS NOT NULL THEN 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.int8
                WHEN rowed.oid IS NOT NULL THEN 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.int8
                ELSE d.refclassid::pg_catalog.int8 END,
           coalesce(em.extension, rowed.oid, element.oid, d.refobjid)::pg_catalog.int8,
           CASE WHEN em.extension IS NULL THEN d.refobjsubid ELSE 0 END)
FROM pg_catalog.pg_depend AS d
LEFT JOIN pg_catalog.pg_attrdef AS ad
       ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND ad.oid = d.objid
LEFT JOIN pg_catalog.pg_rewrite AS w
       ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid
      AND w.rulename = '_RETURN'
LEFT JOIN pg_catalog.pg_type AS t
       ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = d.refobjid
LEFT JOIN pg_catalog.pg_type AS element
       ON element.oid = CASE WHEN t.typtype = 'b' AND t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
LEFT JOIN pg_catalog.pg_class AS rowed ON rowed.oid = element.typrelid AND rowed.relkind <> 'c'
LEFT JOIN extension_member AS em ON em.classid = d.refclassid AND em.objid = d.refobjid
WHERE CASE d.classid
        WHEN 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN d.objid IN (
            SELECT rule.oid FROM pg_catalog.pg_rewrite AS rule
            WHERE rule.ev_class IN (
                SELECT oid FROM managed_view UNION ALL SELECT oid FROM managed_table))
        WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.objid IN (SELECT oid FROM managed_routine)
        WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN d.objid IN (
            SELECT trigger.oid FROM pg_catalog.pg_trigger AS trigger
            WHERE trigger.tgrelid IN (
                SELECT oid FROM managed_view UNION ALL SELECT oid FROM managed_table))
        WHEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN
            d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            OR ad.adrelid IN (SELECT oid FROM managed_view)
        WHEN 'pg_catalog.pg_event_trigger'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN true
        -- Of these only what is no part of Postgres is listed.
        WHEN 'pg_catalog.pg_operator'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_opfamily'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_opclass'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_amop'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_amproc'::pg_catalog.regclass THEN true
        WHEN 'pg_catalog.pg_cast'::pg_catalog.regclass THEN true
        ELSE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      END
