-- Edges between objects: an array of two addresses in the catalog, each of its table there, the OID and the
-- number of the column; the reader knows which of them are managed. A default is part of its column. That a
-- sequence goes with its column is ownership, an attribute, and no edge: the column's default has an edge the
-- other way. What needs something that belongs to an extension needs the extension.
--
-- What follows from a parent is no need of its heir: the tie is an object of its own. What is part of another
-- by itself is that: the index of a constraint, a row type. What the numbers of the columns say already, that an
-- index or a key is over a column, is not told again, nor twice what a check has by its expression and by itself.
SELECT ARRAY[
           o.class,
           o.oid,
           coalesce(o.number, d.objsubid)::pg_catalog.int8::pg_catalog.oid,
           CASE WHEN em.extension IS NULL THEN d.refclassid
                ELSE 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid END,
           coalesce(em.extension, d.refobjid),
           CASE WHEN em.extension IS NULL THEN d.refobjsubid ELSE 0 END::pg_catalog.int8::pg_catalog.oid] AS body
FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid, t.oid AS objid,
           'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, t.oid,
           NULL::pg_catalog.int4 AS number, false AS tells_all, false AS tells_own
    FROM managed_table AS t
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid,
           'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid,
           0, i.indexprs IS NULL AND i.indpred IS NULL AND NOT i.of_view, false
    FROM any_index AS i
    WHERE i.of_view OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
       -- What is no part of Postgres itself has higher numbers (FirstUnpinnedObjectId in
       -- src/include/access/transam.h).
       OR 12000 <= ANY (i.indclass::pg_catalog._oid) OR 12000 <= ANY (i.indcollation::pg_catalog._oid)
       OR i.relam >= 12000
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid,
           'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid,
           0, c.contype = 'f', c.contype = 'c'
    FROM managed_constraint AS c
    WHERE c.contype NOT IN ('p', 'u')
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid,
           'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid, 0, false, false
    FROM pg_catalog.pg_constraint AS c
    WHERE c.contypid IN (SELECT oid FROM managed_type WHERE typtype = 'd')
    UNION ALL
    SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid,
           'pg_catalog.pg_class'::pg_catalog.regclass, d.adrelid, d.adnum, false, false
    FROM pg_catalog.pg_attrdef AS d
    WHERE d.adrelid IN (SELECT oid FROM managed_table)
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid,
           'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0, false, false
    FROM managed_type AS t
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, t.typrelid,
           'pg_catalog.pg_class'::pg_catalog.regclass, t.typrelid, NULL, false, false
    FROM managed_type AS t
    WHERE t.typtype = 'c'
    UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid,
           'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, 0, false, false
    FROM managed_statistics AS s
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid,
           'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, 0, false, false
    FROM managed_server AS s
    UNION ALL
    SELECT 'pg_catalog.pg_publication_rel'::pg_catalog.regclass, r.oid,
           'pg_catalog.pg_publication_rel'::pg_catalog.regclass, r.oid, 0, false, false
    FROM pg_catalog.pg_publication_rel AS r
    -- What Postgres brings along has lower numbers.
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid,
           'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, 0, false, false
    FROM pg_catalog.pg_ts_dict AS d
    WHERE d.oid >= 16384
    UNION ALL
    SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, c.oid,
           'pg_catalog.pg_ts_config'::pg_catalog.regclass, c.oid, 0, false, false
    FROM pg_catalog.pg_ts_config AS c
    WHERE c.oid >= 16384
) AS o
JOIN pg_catalog.pg_depend AS d ON d.classid = o.classid AND d.objid = o.objid
LEFT JOIN extension_member AS em ON em.classid = d.refclassid AND em.objid = d.refobjid
WHERE d.deptype NOT IN ('P', 'S', 'i')
  AND (d.refobjsubid = 0 OR NOT (o.tells_all OR o.tells_own AND d.deptype = 'a'))
  -- Of a table itself, or of a composite type.
  AND (o.number IS NOT NULL OR d.objsubid > 0 OR d.refclassid <> 'pg_catalog.pg_class'::pg_catalog.regclass)
  AND (o.oid <> d.refobjid OR o.number IS DISTINCT FROM d.refobjsubid)
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
