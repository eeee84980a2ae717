-- Edges between objects, told by their addresses in the catalog; the reader knows which of them are
-- managed. A default is part of its column. That a sequence goes with its column is ownership, an
-- attribute, and no edge: the column's default has an edge the other way. What needs something that
-- belongs to an extension needs the extension. What the numbers of the columns say already, that an index
-- or a key is over a column, is not told again.
SELECT pg_catalog.json_build_array(
           -- To print the name of a catalog takes a look at it: not for those that nearly all edges are of.
           CASE WHEN ad.oid IS NOT NULL THEN 'pg_class'
                WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'pg_class'
                WHEN d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN 'pg_constraint'
                ELSE d.classid::pg_catalog.regclass::pg_catalog.text END,
           coalesce(ad.adrelid, d.objid)::pg_catalog.int8,
           coalesce(ad.adnum, d.objsubid),
           CASE WHEN em.extension IS NOT NULL THEN 'pg_extension'
                WHEN d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'pg_class'
                WHEN d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN 'pg_constraint'
                ELSE d.refclassid::pg_catalog.regclass::pg_catalog.text END,
           coalesce(em.extension, d.refobjid)::pg_catalog.int8,
           CASE WHEN em.extension IS NULL THEN d.refobjsubid ELSE 0 END) AS body
FROM pg_catalog.pg_depend AS d
LEFT JOIN pg_catalog.pg_attrdef AS ad
       ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND ad.oid = d.objid
LEFT JOIN extension_member AS em ON em.classid = d.refclassid AND em.objid = d.refobjid
WHERE d.classid IN (
          'pg_catalog.pg_class'::pg_catalog.regclass,
          'pg_catalog.pg_attrdef'::pg_catalog.regclass,
          'pg_catalog.pg_constraint'::pg_catalog.regclass,
          'pg_catalog.pg_type'::pg_catalog.regclass,
          'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
          'pg_catalog.pg_foreign_server'::pg_catalog.regclass,
          'pg_catalog.pg_publication_rel'::pg_catalog.regclass,
          'pg_catalog.pg_ts_dict'::pg_catalog.regclass,
          'pg_catalog.pg_ts_config'::pg_catalog.regclass)
  AND (em.extension IS NOT NULL OR d.refclassid IN (
          'pg_catalog.pg_class'::pg_catalog.regclass,
          'pg_catalog.pg_constraint'::pg_catalog.regclass,
          'pg_catalog.pg_type'::pg_catalog.regclass,
          'pg_catalog.pg_collation'::pg_catalog.regclass,
          'pg_catalog.pg_proc'::pg_catalog.regclass,
          'pg_catalog.pg_ts_dict'::pg_catalog.regclass,
          'pg_catalog.pg_ts_config'::pg_catalog.regclass,
          'pg_catalog.pg_operator'::pg_catalog.regclass,
          'pg_catalog.pg_opclass'::pg_catalog.regclass,
          'pg_catalog.pg_am'::pg_catalog.regclass))
  -- What follows from a parent is no need of its heir: the tie is an object of its own.
  AND d.deptype NOT IN ('P', 'S')
  AND (ad.adrelid IS NULL OR ad.adrelid <> d.refobjid OR ad.adnum <> d.refobjsubid)
  AND (d.objid, d.refobjid, d.refobjsubid) NOT IN (SELECT oid, relation, number FROM said)
  -- The index of a constraint is the constraint.
  AND (d.deptype <> 'i' OR d.classid <> 'pg_catalog.pg_class'::pg_catalog.regclass
       OR d.refclassid <> 'pg_catalog.pg_constraint'::pg_catalog.regclass)
  AND CASE
        WHEN d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
          THEN ad.adrelid IN (SELECT oid FROM managed_table)
        WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          THEN (d.objid IN (SELECT oid FROM managed_table)
                  AND (d.objsubid > 0 OR d.refclassid <> 'pg_catalog.pg_class'::pg_catalog.regclass)
               OR d.objid IN (
              SELECT indexrelid FROM managed_index
              UNION ALL SELECT typrelid FROM managed_type WHERE typtype = 'c'
              UNION ALL SELECT conindid FROM managed_constraint WHERE contype IN ('p', 'u', 'x')))
        WHEN d.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass
          THEN d.objid IN (SELECT oid FROM managed_server)
        WHEN d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
          THEN d.objid IN (SELECT oid FROM managed_type)
        WHEN d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass
          THEN d.objid IN (SELECT oid FROM managed_statistics)
        WHEN d.classid IN (
                'pg_catalog.pg_publication_rel'::pg_catalog.regclass,
                'pg_catalog.pg_ts_dict'::pg_catalog.regclass,
                'pg_catalog.pg_ts_config'::pg_catalog.regclass)
          THEN true
        ELSE d.objid IN (
            SELECT oid FROM managed_constraint UNION ALL
            SELECT c.oid FROM pg_catalog.pg_constraint AS c
            WHERE c.contypid IN (SELECT oid FROM managed_type WHERE typtype = 'd'))
      END
