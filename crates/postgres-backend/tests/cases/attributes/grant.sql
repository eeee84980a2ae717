--@ privileges
CREATE TABLE t (a integer, b integer);
GRANT SELECT, INSERT ON t TO pg_monitor;
GRANT SELECT (a) ON t TO pg_read_all_stats;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_read_all_stats;
--@ becomes
CREATE TABLE t (a integer, b integer);
GRANT SELECT, DELETE ON t TO pg_monitor WITH GRANT OPTION;
GRANT UPDATE (a) ON t TO pg_read_all_stats;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_read_all_stats WITH GRANT OPTION;

--@ owner
CREATE TABLE t (a integer);
CREATE SCHEMA s;
ALTER TABLE t OWNER TO pg_monitor;
ALTER SCHEMA s OWNER TO pg_monitor;
--@ becomes
CREATE TABLE t (a integer);
CREATE SCHEMA s;
ALTER TABLE t OWNER TO pg_read_all_stats;
ALTER SCHEMA s OWNER TO pg_read_all_stats;
