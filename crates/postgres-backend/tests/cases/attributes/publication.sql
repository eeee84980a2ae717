--@ operations and root
CREATE TABLE t (a integer);
CREATE PUBLICATION p FOR TABLE t;
CREATE PUBLICATION q FOR TABLE t WITH (publish = 'insert');
--@ becomes
CREATE TABLE t (a integer);
CREATE PUBLICATION p FOR TABLE t WITH (publish = 'update, truncate', publish_via_partition_root);
CREATE PUBLICATION q FOR TABLE t WITH (publish = '');

--@ all tables
CREATE TABLE t (a integer);
CREATE PUBLICATION p FOR TABLE t;
--@ becomes
CREATE TABLE t (a integer);
CREATE PUBLICATION p FOR ALL TABLES;

--@ columns and rows, since 15
CREATE TABLE t (a integer, b integer);
CREATE TABLE u (a integer, b integer);
CREATE PUBLICATION p FOR TABLE t (a), u WHERE (a > 0);
CREATE PUBLICATION q FOR TABLE t, u;
--@ becomes
CREATE TABLE t (a integer, b integer);
CREATE TABLE u (a integer, b integer);
CREATE PUBLICATION p FOR TABLE t (a, b), u WHERE (a > 1);
CREATE PUBLICATION q FOR TABLE t (b), u WHERE (b > 0);

--@ generated columns, since 18
CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED);
CREATE PUBLICATION p FOR TABLE t;
--@ becomes
CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED);
CREATE PUBLICATION p FOR TABLE t WITH (publish_generated_columns = stored);
