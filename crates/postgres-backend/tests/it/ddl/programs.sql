-- What holds queries or code, told by Postgres's own words.
SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") AS text
FROM (
    SELECT concat_ws(' ', c.oid::regclass, c.relkind,
        (SELECT string_agg(x, ',' ORDER BY x) FROM unnest(c.reloptions) x), pg_get_viewdef(c.oid),
        (SELECT string_agg(concat(a.attname, ':', format_type(a.atttypid, a.atttypmod), '=',
                    pg_get_expr(d.adbin, d.adrelid), ' ', col_description(c.oid, a.attnum)), ',' ORDER BY attnum)
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = c.oid AND attnum > 0), obj_description(c.oid, 'pg_class')) AS line
    FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relnamespace >= 2200 AND c.relnamespace <> 'information_schema'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class'))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relkind = 'm'
    UNION ALL
    SELECT concat_ws(' ', pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'))
    FROM pg_proc p WHERE p.prokind <> 'a' AND p.pronamespace >= 2200 AND p.pronamespace <> 'information_schema'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', p.oid::regprocedure, a.*, obj_description(p.oid, 'pg_proc'), p.proparallel)
    FROM pg_proc p JOIN (
        SELECT aggfnoid, aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn,
               aggmtransfn, aggminvtransfn, aggmfinalfn, aggfinalextra, aggmfinalextra, aggfinalmodify, aggmfinalmodify,
               aggsortop::regoper, aggtranstype::regtype, aggtransspace, aggmtranstype::regtype, aggmtransspace,
               agginitval, aggminitval FROM pg_aggregate) a ON a.aggfnoid::oid = p.oid
    WHERE p.pronamespace >= 2200
    UNION ALL
    SELECT concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled, obj_description(t.oid, 'pg_trigger'))
    FROM pg_trigger t WHERE NOT tgisinternal
    UNION ALL
    SELECT concat_ws(' ', pg_get_ruledef(w.oid), ev_enabled, obj_description(w.oid, 'pg_rewrite'))
    FROM pg_rewrite w WHERE rulename <> '_RETURN' AND ev_class >= 16384
    UNION ALL
    SELECT concat_ws(' ', evtname, evtevent, evtfoid::regproc, evtenabled, evttags, obj_description(e.oid, 'pg_event_trigger'))
    FROM pg_event_trigger e
    UNION ALL
    SELECT concat_ws(' ', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.oid >= 16384 AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid >= 16384 AND contype <> 'n' AND contype <> 't'
) AS told (line)
