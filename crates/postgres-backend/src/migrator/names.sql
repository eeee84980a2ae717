-- Every name that something in the database has which is not Postgres's own. Collations are of the
-- server's system, and access methods and tablespaces of its installation: all of them count. It runs
-- under the search path of Postgres.
WITH namespace AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE "left"(nspname, 3) <> 'pg_' AND nspname <> 'information_schema'
),
relation AS (
    SELECT oid, relname FROM pg_class WHERE relnamespace IN (SELECT oid FROM namespace)
)
SELECT nspname::text AS name FROM namespace
UNION SELECT relname::text FROM relation
UNION SELECT attname::text FROM pg_attribute
    WHERE attrelid IN (SELECT oid FROM relation) AND attnum > 0 AND NOT attisdropped
UNION SELECT conname::text FROM pg_constraint WHERE connamespace IN (SELECT oid FROM namespace)
UNION SELECT tgname::text FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relation)
UNION SELECT rulename::text FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM relation)
UNION SELECT polname::text FROM pg_policy WHERE polrelid IN (SELECT oid FROM relation)
UNION SELECT stxname::text FROM pg_statistic_ext
    WHERE stxnamespace IN (SELECT oid FROM namespace)
UNION SELECT proname::text FROM pg_proc WHERE pronamespace IN (SELECT oid FROM namespace)
UNION SELECT oprname::text FROM pg_operator WHERE oprnamespace IN (SELECT oid FROM namespace)
UNION SELECT opcname::text FROM pg_opclass WHERE opcnamespace IN (SELECT oid FROM namespace)
UNION SELECT opfname::text FROM pg_opfamily WHERE opfnamespace IN (SELECT oid FROM namespace)
UNION SELECT typname::text FROM pg_type WHERE typnamespace IN (SELECT oid FROM namespace)
UNION SELECT enumlabel::text FROM pg_enum
UNION SELECT cfgname::text FROM pg_ts_config WHERE cfgnamespace IN (SELECT oid FROM namespace)
UNION SELECT dictname::text FROM pg_ts_dict WHERE dictnamespace IN (SELECT oid FROM namespace)
UNION SELECT collname::text FROM pg_collation
UNION SELECT extname::text FROM pg_extension
UNION SELECT lanname::text FROM pg_language
UNION SELECT amname::text FROM pg_am
UNION SELECT spcname::text FROM pg_tablespace
UNION SELECT srvname::text FROM pg_foreign_server
ORDER BY name
