-- What the numbers of columns do not tell of what indexes and exclusions are over, for the elements of
-- which there is anything to tell. An operator class is told where it is not the default or has parameters, a
-- collation where it is not that of what is indexed: for an expression only the deparsed definition shows whether
-- it was stated. To print it costs most of all, and it is not where nothing in the expression has a collation
-- but the default one, the number 100 of Postgres. The column of a materialized view has no address, and is named.
SELECT pg_catalog.json_build_array(
           k.indexrelid::pg_catalog.int8,
           k.position,
           CASE WHEN k.of_view THEN k.attname END,
           k.expression,
           CASE WHEN k.states_collation THEN (
               SELECT pg_catalog.json_build_array(cn.nspname, co.collname)
               FROM pg_catalog.pg_collation AS co
               JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
               WHERE co.oid = k.collation) END,
           CASE WHEN NOT k.opcdefault OR k.attoptions IS NOT NULL THEN (
               SELECT pg_catalog.json_build_array(n.nspname, k.opcname)
               FROM pg_catalog.pg_namespace AS n
               WHERE n.oid = k.opcnamespace) END,
           k.attoptions) AS body
FROM (
    SELECT e.*, a.attname, oc.opcdefault, oc.opcname, oc.opcnamespace, ia.attoptions,
           CASE
             WHEN e.collation = 0 THEN false
             WHEN e.attnum <> 0 THEN e.collation <> a.attcollation
             WHEN e.collation = 100 AND pg_catalog.strpos(
                    pg_catalog.replace(pg_catalog.replace(
                        e.expressions::pg_catalog.text, 'collid 100 ', ''), 'collid 0 ', ''),
                    'coll') = 0 THEN false
             ELSE (
                 SELECT pg_catalog.strpos(
                     pg_catalog.pg_get_indexdef(e.indexrelid),
                     pg_catalog.pg_get_indexdef(e.indexrelid, e.position, false) || ' COLLATE '
                         || CASE WHEN cn.nspname = 'pg_catalog' THEN ''
                              ELSE pg_catalog.quote_ident(cn.nspname) || '.' END
                         || pg_catalog.quote_ident(co.collname)) > 0
                 FROM pg_catalog.pg_collation AS co
                 JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
                 WHERE co.oid = e.collation)
           END AS states_collation
    FROM (
        SELECT p.indexrelid, p.indrelid, p.of_view, p.position, p.indexprs AS expressions,
               p.indkey[p.position - 1] AS attnum,
               p.indclass[p.position - 1] AS opclass, p.indcollation[p.position - 1] AS collation,
               -- Where there is one expression alone it is printed by itself, which is faster.
               CASE WHEN p.indkey[p.position - 1] <> 0 THEN NULL
                    WHEN 0 = ANY (p.indkey[p.position:]) OR 0 = ANY (p.indkey[0:p.position - 2])
                      THEN pg_catalog.pg_get_indexdef(p.indexrelid, p.position, false)
                    ELSE '(' || pg_catalog.pg_get_expr(p.indexprs, p.indrelid) || ')' END AS expression
        FROM (
            SELECT i.indexrelid, i.indrelid, i.indkey, i.indclass, i.indcollation, i.indexprs, i.of_view,
                   pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) AS position
            FROM any_index AS i
            WHERE NOT i.of_constraint OR i.indisexclusion
        ) AS p
        -- Printed once, however often it is read.
        OFFSET 0
    ) AS e
    LEFT JOIN special_class AS oc ON oc.oid = e.opclass
    -- Looked up one by one: a hash of all attributes there are would cost more than the rest.
    LEFT JOIN LATERAL (
        SELECT a.attoptions
        FROM pg_catalog.pg_attribute AS a
        WHERE oc.oid IS NOT NULL AND a.attrelid = e.indexrelid AND a.attnum = e.position
        OFFSET 0) AS ia ON true
    LEFT JOIN LATERAL (
        SELECT a.attname, a.attcollation
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = e.indrelid AND a.attnum = e.attnum AND (e.of_view OR e.collation <> 0)
        OFFSET 0) AS a ON true
    OFFSET 0
) AS k
WHERE k.of_view OR k.attnum = 0 OR k.states_collation OR NOT k.opcdefault OR k.attoptions IS NOT NULL
