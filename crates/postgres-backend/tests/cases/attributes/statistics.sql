--@ table and columns
CREATE TABLE t (a integer, b integer, c integer);
CREATE TABLE u (a integer, b integer);
CREATE STATISTICS s ON a, b FROM t;
CREATE STATISTICS r ON a, b FROM t;
--@ becomes
CREATE TABLE t (a integer, b integer, c integer);
CREATE TABLE u (a integer, b integer);
CREATE STATISTICS s ON a, b FROM u;
CREATE STATISTICS r ON a, c FROM t;

--@ kinds and target
CREATE TABLE t (a integer, b integer);
CREATE STATISTICS s (ndistinct) ON a, b FROM t;
CREATE STATISTICS r ON a, b FROM t;
--@ becomes
CREATE TABLE t (a integer, b integer);
CREATE STATISTICS s (dependencies, mcv) ON a, b FROM t;
CREATE STATISTICS r ON a, b FROM t;
ALTER STATISTICS r SET STATISTICS 7;

--@ expressions, since 14
CREATE TABLE t (a integer, b integer);
CREATE STATISTICS s ON (a + 1), b FROM t;
--@ becomes
CREATE TABLE t (a integer, b integer);
CREATE STATISTICS s ON (a + 2), b FROM t;
