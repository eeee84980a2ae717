--@ table
CREATE TABLE t (a integer);
CREATE TABLE u (a integer);
CREATE INDEX i ON t (a);
--@ becomes
CREATE TABLE t (a integer);
CREATE TABLE u (a integer);
CREATE INDEX i ON u (a);

--@ method
CREATE TABLE t (a integer);
CREATE INDEX i ON t USING btree (a);
--@ becomes
CREATE TABLE t (a integer);
CREATE INDEX i ON t USING hash (a);

--@ unique
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a);
--@ becomes
CREATE TABLE t (a integer);
CREATE UNIQUE INDEX i ON t (a);

--@ nulls not distinct, since 15
CREATE TABLE t (a integer);
CREATE UNIQUE INDEX i ON t (a);
--@ becomes
CREATE TABLE t (a integer);
CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT;

--@ elements
CREATE TABLE t (a integer, b text);
CREATE INDEX i ON t (a, b);
CREATE INDEX j ON t (lower(b));
CREATE INDEX k ON t (b);
CREATE INDEX l ON t (b);
CREATE INDEX m ON t (b);
CREATE INDEX n ON t (b NULLS FIRST);
--@ becomes
CREATE TABLE t (a integer, b text);
CREATE INDEX i ON t (b, a);
CREATE INDEX j ON t (upper(b));
CREATE INDEX k ON t (b COLLATE "C");
CREATE INDEX l ON t (b text_pattern_ops);
CREATE INDEX m ON t (b DESC NULLS LAST);
CREATE INDEX n ON t (b NULLS LAST);

--@ parameters of an operator class
CREATE EXTENSION pg_trgm;
CREATE TABLE t (a text);
CREATE INDEX i ON t USING gist (a gist_trgm_ops (siglen = 16));
--@ becomes
CREATE EXTENSION pg_trgm;
CREATE TABLE t (a text);
CREATE INDEX i ON t USING gist (a gist_trgm_ops (siglen = 32));

--@ included columns
CREATE TABLE t (a integer, b integer);
CREATE INDEX i ON t (a);
--@ becomes
CREATE TABLE t (a integer, b integer);
CREATE INDEX i ON t (a) INCLUDE (b);

--@ predicate
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a) WHERE a > 0;
--@ becomes
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a) WHERE a > 1;

--@ storage, tablespace and statistics
CREATE TABLE t (a integer);
CREATE INDEX i ON t ((a + 1)) WITH (fillfactor = 70);
--@ becomes
CREATE TABLE t (a integer);
CREATE INDEX i ON t ((a + 1)) WITH (fillfactor = 60) TABLESPACE limbeck_case;
ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 99;

--@ operator class
CREATE TABLE t (a text);
CREATE INDEX i ON t (a text_pattern_ops);
--@ becomes
CREATE TABLE t (a text);
CREATE INDEX i ON t (a varchar_pattern_ops);

--@ valid, one way
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass;
--@ becomes
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a);
