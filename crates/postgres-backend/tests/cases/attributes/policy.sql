--@ roles and conditions
CREATE TABLE t (a integer);
CREATE POLICY p ON t TO pg_monitor USING (a > 0);
CREATE POLICY q ON t USING (a > 0) WITH CHECK (a > 0);
CREATE POLICY r ON t FOR INSERT WITH CHECK (a > 0);
--@ becomes
CREATE TABLE t (a integer);
CREATE POLICY p ON t TO PUBLIC USING (a > 1);
CREATE POLICY q ON t TO pg_monitor, pg_read_all_stats USING (a > 0) WITH CHECK (a > 1);
CREATE POLICY r ON t FOR INSERT;

--@ command and kind
CREATE TABLE t (a integer);
CREATE POLICY p ON t FOR SELECT USING (a > 0);
CREATE POLICY q ON t AS PERMISSIVE USING (a > 0);
--@ becomes
CREATE TABLE t (a integer);
CREATE POLICY p ON t FOR UPDATE USING (a > 0);
CREATE POLICY q ON t AS RESTRICTIVE USING (a > 0);

--@ row security of the table
CREATE TABLE t (a integer);
CREATE TABLE u (a integer);
ALTER TABLE u FORCE ROW LEVEL SECURITY;
--@ becomes
CREATE TABLE t (a integer);
CREATE TABLE u (a integer);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
