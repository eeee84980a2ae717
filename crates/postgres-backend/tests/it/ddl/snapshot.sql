-- What a database holds, one line an object; column positions and OIDs stand outside.
SELECT string_agg(line, E'\n' ORDER BY line) AS text
FROM (
    SELECT format('schema %I', nspname) AS line
    FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
    UNION ALL
    SELECT format('type %s enum %s', t.oid::regtype, (
        SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid
    ))
    FROM pg_type t
    WHERE t.typtype = 'e'
    UNION ALL
    SELECT format('relation %s kind %s persistence %s options %s', c.oid::regclass, c.relkind,
        c.relpersistence, c.reloptions)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT format('column %s.%I %s collation %s not null %s default %s identity %s generated %s',
        c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attcollation::regcollation, a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
        a.attidentity, a.attgenerated)
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
        AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    UNION ALL
    -- Which number Postgres puts behind a name that it makes itself depends on what was there meanwhile.
    SELECT format('constraint %I on %s %s',
        CASE WHEN o.contype = 'n' THEN regexp_replace(o.conname, '_not_null[0-9]+$', '_not_null')
             ELSE o.conname END,
        o.conrelid::regclass, pg_get_constraintdef(o.oid))
    FROM pg_constraint o
    JOIN pg_namespace n ON n.oid = o.connamespace
    WHERE o.conrelid <> 0 AND o.contype <> 't' AND (o.contype <> 'n' OR o.coninhcount = 0)
        AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(i.indexrelid))
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT format('sequence %s %s start %s by %s from %s to %s cache %s cycle %s owned by %s %s %s',
        s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
        s.seqcache, s.seqcycle, d.refobjid::regclass, a.attname,
        (SELECT relpersistence FROM pg_class WHERE oid = s.seqrelid))
    FROM pg_sequence s
    LEFT JOIN pg_depend d
        ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    UNION ALL
    SELECT format('comment %s %s', pg_describe_object(classoid, objoid, objsubid), description)
    FROM pg_description
    WHERE objoid >= 16384
) AS lines
