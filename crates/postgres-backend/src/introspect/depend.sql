-- Edges between objects, told by their addresses in the catalog; the reader knows which of them are
-- managed. A default is part of its column. That a sequence goes with its column is ownership, an
-- attribute, and no edge: the column's default has an edge the other way.
SELECT pg_catalog.json_build_array(
           CASE WHEN ad.oid IS NULL THEN d.classid::pg_catalog.regclass ELSE 'pg_catalog.pg_class' END
               ::pg_catalog.text,
           coalesce(ad.adrelid, d.objid)::pg_catalog.int8,
           coalesce(ad.adnum, d.objsubid),
           d.refclassid::pg_catalog.regclass::pg_catalog.text,
           d.refobjid::pg_catalog.int8,
           d.refobjsubid) AS body
FROM pg_catalog.pg_depend AS d
LEFT JOIN pg_catalog.pg_attrdef AS ad
       ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND ad.oid = d.objid
WHERE d.classid IN (
          'pg_catalog.pg_class'::pg_catalog.regclass,
          'pg_catalog.pg_attrdef'::pg_catalog.regclass,
          'pg_catalog.pg_constraint'::pg_catalog.regclass)
  AND d.refclassid IN (
          'pg_catalog.pg_class'::pg_catalog.regclass,
          'pg_catalog.pg_constraint'::pg_catalog.regclass,
          'pg_catalog.pg_type'::pg_catalog.regclass)
  AND (ad.adrelid IS NULL OR ad.adrelid <> d.refobjid OR ad.adnum <> d.refobjsubid)
  AND CASE
        WHEN d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
          THEN ad.adrelid IN (SELECT oid FROM managed_table)
        WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          THEN d.objid IN (
              SELECT oid FROM managed_table UNION ALL SELECT indexrelid FROM managed_index)
        ELSE d.objid IN (SELECT oid FROM managed_constraint)
      END
