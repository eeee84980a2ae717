-- What the kinds read from. It runs under a search path of `pg_catalog` and `pg_temp`: names, types
-- and operators that stand alone are those of Postgres, and what it prints names its schema.
--
-- The planner knows nothing of how many rows these hold and may choose a nested loop over two of
-- them: they are joined with tables of the catalog, and with each other only as `IN (SELECT ...)`.
--
-- Parameters: $1 the schemas, null for all; $2 and $3 LIKE patterns of `schema.name` to take (null
-- for all) and to leave; $4 whether to read the session's temporary schema instead.
WITH
extension_member AS MATERIALIZED (
    SELECT d.classid, d.objid, d.refobjid AS extension
    FROM pg_catalog.pg_extension AS e
    JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
     AND d.deptype = 'e'
),
-- A schema that belongs to an extension is left out with all that is in it.
namespace AS MATERIALIZED (
    SELECT n.oid, CASE WHEN $4 THEN 'pg_temp' ELSE n.nspname END AS name
    FROM pg_catalog.pg_namespace AS n
    WHERE CASE
            WHEN $4 THEN n.oid = pg_catalog.pg_my_temp_schema()
            ELSE pg_catalog.left(n.nspname, 3) <> 'pg_'
             AND n.nspname <> 'information_schema'
             AND ($1 IS NULL OR n.nspname = ANY ($1))
             AND NOT EXISTS (
                    SELECT FROM extension_member AS e
                    WHERE e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                      AND e.objid = n.oid)
          END
),
-- Tables, sequences and what is like them, with the word for what is seen and not managed, and with what
-- the kinds tell of them: the catalog's tables are large, and each is gone through once.
relation AS MATERIALIZED (
    SELECT c.oid, n.name AS schema, c.relname AS name, c.relkind, c.relpersistence, c.reltype, c.reloftype,
           c.relowner, c.relam, c.reltablespace, c.reltoastrelid, c.relrowsecurity, c.relforcerowsecurity,
           c.relreplident, c.relacl, c.reloptions,
           CASE
             WHEN c.relkind IN ('v', 'm', 'S') THEN NULL
             WHEN c.relname IN ('limbeck_revision', '__diesel_schema_migrations')
               OR EXISTS (
                    SELECT FROM pg_catalog.pg_description AS d
                    WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND d.objoid = c.oid AND d.objsubid = 0 AND d.description LIKE 'limbeck:%')
               THEN 'history table'
           END AS unmanaged
    FROM namespace AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND ($2 IS NULL OR n.name || '.' || c.relname LIKE ANY ($2))
      AND ($3 IS NULL OR n.name || '.' || c.relname NOT LIKE ALL ($3))
      AND NOT EXISTS (
            SELECT FROM extension_member AS e
            WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid)
),
-- Said by what is left out: of what equals a word the planner would expect a single row, and look up
-- one by one what is faster joined.
managed_table AS MATERIALIZED (
    SELECT *
    FROM relation
    WHERE relkind NOT IN ('v', 'm', 'S') AND coalesce(unmanaged, '') <> 'history table'
),
managed_view AS MATERIALIZED (
    SELECT oid, schema, name, relkind
    FROM relation
    WHERE relkind IN ('v', 'm')
),
-- Those that a range type brought with it are part of that.
managed_routine AS MATERIALIZED (
    SELECT p.oid, n.name AS schema, pg_catalog.oidvectortypes(p.proargtypes) AS arguments
    FROM namespace AS n
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
    WHERE ($2 IS NULL OR n.name || '.' || p.proname LIKE ANY ($2))
      AND ($3 IS NULL OR n.name || '.' || p.proname NOT LIKE ALL ($3))
      AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
              AND d.deptype IN ('e', 'i'))
),
-- A sequence stands by itself or belongs to a managed column; that of an identity is part of it.
managed_sequence AS MATERIALIZED (
    SELECT r.oid, r.schema, r.name, t.schema AS owner_schema, t.name AS owner_table,
           a.attname AS owner_column,
           CASE WHEN r.relpersistence <> coalesce(t.relpersistence, 'p') THEN r.relpersistence END
               AS other_persistence
    FROM relation AS r
    LEFT JOIN pg_catalog.pg_depend AS d
           ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
          AND d.deptype IN ('a', 'i')
    LEFT JOIN managed_table AS t ON t.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE r.relkind = 'S'
      AND d.deptype IS DISTINCT FROM 'i'
      AND (d.refobjid IS NULL OR t.oid IS NOT NULL)
),
-- Enums, domains, ranges and composite types that are no table's.
managed_type AS MATERIALIZED (
    SELECT t.oid, t.typarray, t.typtype, t.typrelid, n.name AS schema, t.typname AS name
    FROM namespace AS n
    JOIN pg_catalog.pg_type AS t ON t.typnamespace = n.oid
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
      AND ($2 IS NULL OR n.name || '.' || t.typname LIKE ANY ($2))
      AND ($3 IS NULL OR n.name || '.' || t.typname NOT LIKE ALL ($3))
      AND NOT EXISTS (
            SELECT FROM extension_member AS e
            WHERE e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.objid = t.oid)
),
-- Types outside `pg_catalog`, for those who name them: see the reader of columns.
named_type AS NOT MATERIALIZED (
    SELECT ty.oid,
           pg_catalog.json_build_object(
               'schema', n.nspname,
               'name', base.typname,
               'text', pg_catalog.format_type(base.oid, NULL),
               'array', element.oid IS NOT NULL) AS named
    FROM pg_catalog.pg_type AS ty
    LEFT JOIN pg_catalog.pg_type AS element
           ON element.oid = ty.typelem AND element.typarray = ty.oid
    JOIN pg_catalog.pg_type AS base ON base.oid = coalesce(element.oid, ty.oid)
    JOIN pg_catalog.pg_namespace AS n ON n.oid = base.typnamespace
    WHERE n.nspname <> 'pg_catalog'
),
-- An extension is told where its schema is looked at; those in `pg_catalog` belong to the whole.
managed_extension AS MATERIALIZED (
    SELECT e.oid, e.extname AS name
    FROM pg_catalog.pg_extension AS e
    WHERE NOT $4
      AND (e.extname <> 'plpgsql' OR e.extnamespace <> 'pg_catalog'::pg_catalog.regnamespace)
      AND ($1 IS NULL OR e.extnamespace IN (SELECT oid FROM namespace))
),
managed_collation AS MATERIALIZED (
    SELECT c.oid, n.name AS schema, c.collname AS name
    FROM namespace AS n
    JOIN pg_catalog.pg_collation AS c ON c.collnamespace = n.oid
    WHERE c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding()))
      AND NOT EXISTS (
            SELECT FROM extension_member AS e
            WHERE e.classid = 'pg_catalog.pg_collation'::pg_catalog.regclass AND e.objid = c.oid)
),
-- What is elsewhere belongs to the whole database.
managed_server AS MATERIALIZED (
    SELECT s.oid, s.srvname AS name, s.srvfdw, s.srvowner, s.srvtype, s.srvversion, s.srvoptions
    FROM pg_catalog.pg_foreign_server AS s
    WHERE NOT $4 AND $1 IS NULL
      AND NOT EXISTS (
            SELECT FROM extension_member AS e
            WHERE e.classid = 'pg_catalog.pg_foreign_server'::pg_catalog.regclass
              AND e.objid = s.oid)
),
managed_wrapper AS MATERIALIZED (
    SELECT w.oid, w.fdwname AS name, w.fdwhandler, w.fdwvalidator, w.fdwoptions
    FROM pg_catalog.pg_foreign_data_wrapper AS w
    WHERE NOT $4 AND $1 IS NULL
      AND NOT EXISTS (
            SELECT FROM extension_member AS e
            WHERE e.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass
              AND e.objid = w.oid)
),
managed_statistics AS MATERIALIZED (
    SELECT s.oid, n.name AS schema, s.stxname AS name, t.schema AS table_schema,
           t.name AS table_name
    FROM managed_table AS t
    JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = t.oid
    JOIN namespace AS n ON n.oid = s.stxnamespace
),
-- What an heir has from its parent is listed again; what a foreign key has for each partition that it
-- refers to is not. Triggers and, from 18 on, NOT NULL are constraints in the catalog alone.
managed_constraint AS MATERIALIZED (
    SELECT c.*
    FROM pg_catalog.pg_constraint AS c
    WHERE c.conrelid = ANY (ARRAY(SELECT oid FROM managed_table))
      AND c.contype IN ('p', 'u', 'f', 'c', 'x')
      AND (c.conparentid = 0 OR c.contype <> 'f' OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_constraint AS above
            WHERE above.oid = c.conparentid AND above.conrelid = c.conrelid))
),
-- The indexes of tables and materialized views; those of keys and exclusions are part of these.
any_index AS MATERIALIZED (
    SELECT t.schema, t.name AS table_name, t.of_view, c.relname AS name, c.relam, c.reloptions,
           c.reltablespace,
           i.indexrelid IN (SELECT conindid FROM managed_constraint WHERE contype IN ('p', 'u', 'x'))
               AS of_constraint,
           i.*
    FROM (SELECT oid, schema, name, false AS of_view FROM managed_table
          UNION ALL
          SELECT oid, schema, name, true FROM managed_view WHERE relkind = 'm') AS t
    JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indislive
),
managed_index AS NOT MATERIALIZED (
    SELECT * FROM any_index WHERE NOT of_constraint
),
-- The operator classes that an element of an index may have to tell: those that are not the default ones, and
-- those that can have parameters. Of the methods that nearly all indexes have, btree (403) and hash (405), such a
-- class has a function of its own for them, the fifth or third (BTOPTIONS_PROC, HASHOPTIONS_PROC in
-- src/include/access/nbtree.h and hash.h).
special_class AS MATERIALIZED (
    SELECT oc.oid, oc.opcname, oc.opcnamespace, oc.opcdefault
    FROM pg_catalog.pg_opclass AS oc
    WHERE NOT oc.opcdefault OR oc.opcmethod NOT IN (403, 405) OR oc.opcfamily IN (
        SELECT f.amprocfamily
        FROM pg_catalog.pg_opfamily AS o
        JOIN pg_catalog.pg_amproc AS f ON f.amprocfamily = o.oid
        WHERE o.opfmethod IN (403, 405)
          AND f.amprocnum = CASE o.opfmethod WHEN 403 THEN 5 ELSE 3 END)
),
index_included AS MATERIALIZED (
    SELECT i.indexrelid, pg_catalog.json_agg(a.attname ORDER BY position) AS columns
    FROM any_index AS i
    CROSS JOIN LATERAL pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts::pg_catalog.int4)
        AS position
    JOIN pg_catalog.pg_attribute AS a
      ON a.attrelid = i.indrelid AND a.attnum = i.indkey[position - 1]
    WHERE i.indnatts > i.indnkeyatts
    GROUP BY i.indexrelid
)
