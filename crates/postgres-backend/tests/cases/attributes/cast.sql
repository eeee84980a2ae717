--@ context and method
CREATE TYPE mood AS ENUM ('sad');
CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION g(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2';
CREATE CAST (mood AS integer) WITH FUNCTION f(mood) AS IMPLICIT;
CREATE CAST (integer AS mood) WITH INOUT;
CREATE CAST (xml AS json) WITH INOUT;
CREATE TABLE t (a mood, b integer GENERATED ALWAYS AS (a::integer) STORED);
--@ becomes
CREATE TYPE mood AS ENUM ('sad');
CREATE FUNCTION f(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION g(mood) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2';
CREATE CAST (mood AS integer) WITH FUNCTION g(mood) AS IMPLICIT;
CREATE CAST (integer AS mood) WITH INOUT AS ASSIGNMENT;
CREATE CAST (xml AS json) WITHOUT FUNCTION;
CREATE TABLE t (a mood, b integer GENERATED ALWAYS AS (a::integer) STORED);

--@ conversion
CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE CONVERSION d FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
--@ becomes
CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE DEFAULT CONVERSION d FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

--@ language
CREATE LANGUAGE one HANDLER plpgsql_call_handler;
CREATE LANGUAGE two HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler;
CREATE FUNCTION f() RETURNS integer LANGUAGE one AS 'BEGIN RETURN 1; END';
--@ becomes
CREATE TRUSTED LANGUAGE one HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE LANGUAGE two HANDLER plpgsql_call_handler VALIDATOR plpgsql_validator;
CREATE FUNCTION f() RETURNS integer LANGUAGE one AS 'BEGIN RETURN 1; END';

--@ handler of a language
CREATE FUNCTION handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE l HANDLER plpgsql_call_handler;
--@ becomes
CREATE FUNCTION handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE l HANDLER handle;

--@ access method
CREATE FUNCTION handle(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler';
CREATE ACCESS METHOD one TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD two TYPE INDEX HANDLER bthandler;
--@ becomes
CREATE FUNCTION handle(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler';
CREATE ACCESS METHOD one TYPE TABLE HANDLER handle;
CREATE ACCESS METHOD two TYPE TABLE HANDLER heap_tableam_handler;

--@ language handler under a view
CREATE FUNCTION handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE l HANDLER plpgsql_call_handler;
CREATE FUNCTION f() RETURNS integer LANGUAGE l AS 'BEGIN RETURN 1; END';
CREATE VIEW v AS SELECT f() AS a;
COMMENT ON LANGUAGE l IS 'x';
--@ becomes
CREATE FUNCTION handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE l HANDLER handle;
CREATE FUNCTION f() RETURNS integer LANGUAGE l AS 'BEGIN RETURN 1; END';
CREATE VIEW v AS SELECT f() AS a;
COMMENT ON LANGUAGE l IS 'x';

--@ handler of an access method under a table
CREATE FUNCTION handle(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler';
CREATE ACCESS METHOD one TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a integer) USING one;
CREATE VIEW v AS SELECT a FROM t;
--@ becomes
CREATE FUNCTION handle(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler';
CREATE ACCESS METHOD one TYPE TABLE HANDLER handle;
CREATE TABLE t (a integer) USING one;
CREATE VIEW v AS SELECT a FROM t;
