-- Everything that is not Postgres's own and not the history's, one a line. Positions of columns and
-- OIDs stay out: they depend on the way, not on the result.
WITH own AS (
    SELECT c.oid, c.relkind, c.relpersistence, c.reloptions, c.relacl,
           format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND coalesce(i.indrelid, c.oid) IS DISTINCT FROM to_regclass('public.limbeck_revision')
), found AS (
    SELECT concat_ws(' ', 'relation', name, relkind, relpersistence, reloptions::text, relacl::text) AS line
    FROM own
    UNION ALL
    SELECT concat_ws(' ', 'column', own.name, quote_ident(a.attname),
                     format_type(a.atttypid, a.atttypmod),
                     CASE WHEN a.attnotnull THEN 'not null' END,
                     'default ' || pg_get_expr(d.adbin, d.adrelid),
                     'identity ' || nullif(a.attidentity::text, ''), 'generated ' || nullif(a.attgenerated::text, ''),
                     'collation ' || nullif(a.attcollation, t.typcollation)::regcollation::text)
    FROM own
    JOIN pg_attribute AS a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE own.relkind <> 'i'
    UNION ALL
    SELECT concat_ws(' ', 'constraint', own.name, quote_ident(c.conname), pg_get_constraintdef(c.oid))
    FROM own
    JOIN pg_constraint AS c ON c.conrelid = own.oid
    UNION ALL
    SELECT concat_ws(' ', 'index', pg_get_indexdef(own.oid))
    FROM own
    WHERE own.relkind = 'i'
    UNION ALL
    SELECT concat_ws(' ', 'sequence', own.name, s.seqtypid::regtype, s.seqstart, s.seqincrement,
                     s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
    FROM own
    JOIN pg_sequence AS s ON s.seqrelid = own.oid
    UNION ALL
    SELECT concat_ws(' ', 'type', format('%I.%I', n.nspname, t.typname), t.typtype,
                     (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder)
                      FROM pg_enum AS e WHERE e.enumtypid = t.oid)::text)
    FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND t.typtype IN ('e', 'd', 'r')
    UNION ALL
    SELECT concat_ws(' ', 'function', p.oid::regprocedure, p.prosrc)
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT concat_ws(' ', 'schema', quote_ident(nspname), nspacl::text)
    FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL
    SELECT concat_ws(' ', 'comment', own.name, d.objsubid, d.description)
    FROM own
    JOIN pg_description AS d ON d.objoid = own.oid AND d.classoid = 'pg_class'::regclass
)
SELECT line
FROM found
ORDER BY line COLLATE "C"
