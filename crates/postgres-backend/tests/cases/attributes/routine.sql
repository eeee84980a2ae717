--@ parameters
CREATE FUNCTION f(a integer, b text DEFAULT 'x') RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
--@ becomes
CREATE FUNCTION f(a integer, c text DEFAULT 'y') RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g(INOUT a integer) LANGUAGE sql AS 'SELECT 1';

--@ result
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
--@ becomes
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
CREATE FUNCTION g() RETURNS SETOF integer LANGUAGE sql ROWS 5 AS 'SELECT 1';

--@ columns of a result
CREATE FUNCTION f() RETURNS TABLE (a integer) LANGUAGE sql AS 'SELECT 1';
--@ becomes
CREATE FUNCTION f() RETURNS TABLE (a integer, b text) LANGUAGE sql AS 'SELECT 1, ''x''::text';

--@ language and body
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION h(a integer) RETURNS integer LANGUAGE internal AS 'int4um';
--@ becomes
CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION g() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION h(a integer) RETURNS integer LANGUAGE internal AS 'int4up';

--@ atomic body, since 14
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
--@ becomes
CREATE FUNCTION f() RETURNS integer LANGUAGE sql RETURN 1;
CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;

--@ window
CREATE FUNCTION f() RETURNS bigint LANGUAGE internal AS 'window_row_number';
--@ becomes
CREATE FUNCTION f() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number';

--@ everything else
CREATE FUNCTION f(a integer) RETURNS SETOF integer LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 1';
--@ becomes
CREATE FUNCTION f(a integer) RETURNS SETOF integer LANGUAGE sql
    IMMUTABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL SAFE COST 7 ROWS 9
    SET work_mem = '2MB' SET search_path = '$user', public AS 'SELECT 1';

--@ support
CREATE FUNCTION f(a text, b text) RETURNS boolean LANGUAGE internal STRICT AS 'textlike';
--@ becomes
CREATE FUNCTION f(a text, b text) RETURNS boolean LANGUAGE internal STRICT SUPPORT textlike_support AS 'textlike';

--@ procedure
CREATE PROCEDURE p(a integer) LANGUAGE sql AS 'SELECT 1';
--@ becomes
CREATE PROCEDURE p(a integer) LANGUAGE sql SECURITY DEFINER AS 'SELECT 2';

--@ variadic
CREATE FUNCTION f(a integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
--@ becomes
CREATE FUNCTION f(VARIADIC a integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';

--@ type of what is handed out
CREATE FUNCTION f(OUT a integer, OUT b text) LANGUAGE sql AS 'SELECT 1, ''x''::text';
--@ becomes
CREATE FUNCTION f(OUT a bigint, OUT b text) LANGUAGE sql AS 'SELECT 1::bigint, ''x''::text';

--@ settings
CREATE FUNCTION f() RETURNS integer LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 1';
CREATE FUNCTION g() RETURNS integer LANGUAGE sql SET work_mem = '1MB' AS 'SELECT 1';
--@ becomes
CREATE FUNCTION f() RETURNS integer LANGUAGE sql SET work_mem = '2MB' AS 'SELECT 1';
CREATE FUNCTION g() RETURNS integer LANGUAGE sql SET maintenance_work_mem = '1MB' AS 'SELECT 1';

--@ transforms
CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION pg_catalog.prsd_lextype(internal));
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
--@ becomes
CREATE TRANSFORM FOR integer LANGUAGE sql (FROM SQL WITH FUNCTION pg_catalog.prsd_lextype(internal));
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql TRANSFORM FOR TYPE integer AS 'SELECT 1';
