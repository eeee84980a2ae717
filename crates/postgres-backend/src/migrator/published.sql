    pg_get_expr(r.prqual, r.prrelid) AS filter,
    (SELECT array_agg(a.attname::text ORDER BY a.attnum)
     FROM pg_attribute AS a
     WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) AS columns,
    ARRAY(SELECT DISTINCT a.attname::text
          FROM pg_depend AS d
          JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.classid = 'pg_publication_rel'::regclass AND d.objid = r.oid
              AND d.refclassid = 'pg_class'::regclass AND d.refobjid = r.prrelid) AS needs
