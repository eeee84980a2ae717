--@ columns
CREATE TABLE t (a integer, b text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE VIEW w AS SELECT b FROM t;
--@ becomes
CREATE TABLE t (a integer, b text);
CREATE VIEW v (x, b) AS SELECT a::bigint, b FROM t;
CREATE VIEW w AS SELECT b COLLATE "C" AS b FROM t;

--@ query
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t WHERE a > 0;
--@ becomes
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t WHERE a > 1;

--@ options
CREATE TABLE t (a integer);
CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM t;
--@ becomes
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM t WITH CASCADED CHECK OPTION;

--@ security of who asks, since 15
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a FROM t;
--@ becomes
CREATE TABLE t (a integer);
CREATE VIEW v WITH (security_invoker) AS SELECT a FROM t;

--@ defaults
CREATE TABLE t (a integer, b integer);
CREATE VIEW v AS SELECT a, b FROM t;
ALTER VIEW v ALTER a SET DEFAULT 1;
--@ becomes
CREATE TABLE t (a integer, b integer);
CREATE VIEW v AS SELECT a, b FROM t;
ALTER VIEW v ALTER b SET DEFAULT 2;
