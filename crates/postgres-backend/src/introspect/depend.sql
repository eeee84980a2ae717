-- Edges between managed objects. A default is part of its column, the index of a key part of its
-- constraint, the array of an enum part of the enum. That a sequence goes with its column is
-- ownership, an attribute, and no edge: the column's default has an edge the other way.
SELECT pg_catalog.json_build_object(
           'from', pg_catalog.json_build_object(
               'kind', o.kind, 'schema', o.schema, 'table', o.table_name, 'name', o.name),
           'to', pg_catalog.json_build_object(
               'kind', r.kind, 'schema', r.schema, 'table', r.table_name, 'name', r.name)) AS body
FROM (
    SELECT DISTINCT
           CASE WHEN d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
             THEN 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
             ELSE d.classid END AS classid,
           coalesce(ad.adrelid, d.objid) AS objid,
           coalesce(ad.adnum, d.objsubid) AS subid,
           CASE WHEN k.oid IS NOT NULL
             THEN 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
             ELSE d.refclassid END AS refclassid,
           coalesce(k.oid, t.oid, d.refobjid) AS refobjid,
           d.refobjsubid AS refsubid
    FROM pg_catalog.pg_depend AS d
    LEFT JOIN pg_catalog.pg_attrdef AS ad
           ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND ad.oid = d.objid
    LEFT JOIN managed_constraint AS k
           ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND k.conindid = d.refobjid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN managed_enum AS t
           ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.typarray = d.refobjid
    WHERE d.classid IN (
              'pg_catalog.pg_class'::pg_catalog.regclass,
              'pg_catalog.pg_attrdef'::pg_catalog.regclass,
              'pg_catalog.pg_constraint'::pg_catalog.regclass)
      AND d.refclassid IN (
              'pg_catalog.pg_class'::pg_catalog.regclass,
              'pg_catalog.pg_constraint'::pg_catalog.regclass,
              'pg_catalog.pg_type'::pg_catalog.regclass)
) AS d
JOIN object AS o ON o.classid = d.classid AND o.objid = d.objid AND o.subid = d.subid
JOIN object AS r ON r.classid = d.refclassid AND r.objid = d.refobjid AND r.subid = d.refsubid
WHERE (d.classid, d.objid, d.subid) <> (d.refclassid, d.refobjid, d.refsubid)
  AND o.kind <> 'sequence'
