--@ state
CREATE AGGREGATE a(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
--@ becomes
CREATE AGGREGATE a(integer) (SFUNC = int4mul, STYPE = integer, SSPACE = 99, INITCOND = '1');

--@ type of the state
CREATE AGGREGATE a(integer) (SFUNC = int8inc_any, STYPE = bigint, INITCOND = '0');
CREATE AGGREGATE b(integer) (SFUNC = int4larger, STYPE = integer);
--@ becomes
CREATE AGGREGATE a(integer) (SFUNC = int4_avg_accum, STYPE = bigint[], INITCOND = '{0,0}');
CREATE AGGREGATE b(integer) (SFUNC = int4larger, STYPE = integer, FINALFUNC = int4um, FINALFUNC_MODIFY = SHAREABLE, SORTOP = >);

--@ finish with what it was handed
CREATE FUNCTION last(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE a(integer) (SFUNC = int4larger, STYPE = integer);
--@ becomes
CREATE FUNCTION last(integer, integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE a(integer) (SFUNC = int4larger, STYPE = integer, FINALFUNC = last, FINALFUNC_EXTRA);

--@ parallel
CREATE AGGREGATE a(integer) (SFUNC = int4_avg_accum, STYPE = bigint[], INITCOND = '{0,0}');
CREATE AGGREGATE b(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg);
--@ becomes
CREATE AGGREGATE a(integer) (SFUNC = int4_avg_accum, STYPE = bigint[], INITCOND = '{0,0}', COMBINEFUNC = int4_avg_combine, PARALLEL = SAFE);
CREATE AGGREGATE b(numeric) (SFUNC = numeric_avg_accum, STYPE = internal, FINALFUNC = numeric_avg, COMBINEFUNC = numeric_avg_combine,
    SERIALFUNC = numeric_avg_serialize, DESERIALFUNC = numeric_avg_deserialize);

--@ moving
CREATE AGGREGATE a(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE AGGREGATE b(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0',
    MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MINITCOND = '0');
--@ becomes
CREATE AGGREGATE a(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0',
    MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MSSPACE = 8, MINITCOND = '0');
CREATE AGGREGATE b(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0',
    MSFUNC = int4mi, MINVFUNC = int4pl, MSTYPE = integer, MINITCOND = '1');

--@ kind
CREATE FUNCTION step(state integer, a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE a(integer ORDER BY integer) (SFUNC = step, STYPE = integer);
--@ becomes
CREATE FUNCTION step(state integer, a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE a(integer ORDER BY integer) (SFUNC = step, STYPE = integer, HYPOTHETICAL);

--@ names of arguments
CREATE AGGREGATE a(x integer) (SFUNC = int4larger, STYPE = integer);
--@ becomes
CREATE AGGREGATE a(y integer) (SFUNC = int4larger, STYPE = integer);

--@ arguments that are counted and ordered
CREATE FUNCTION step(state integer, a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION many(state integer, a integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE a(integer, integer) (SFUNC = step, STYPE = integer);
CREATE AGGREGATE b(integer[]) (SFUNC = many, STYPE = integer);
--@ becomes
CREATE FUNCTION step(state integer, a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION step(state integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION many(state integer, VARIADIC a integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE a(integer ORDER BY integer) (SFUNC = step, STYPE = integer);
CREATE AGGREGATE b(VARIADIC integer[]) (SFUNC = many, STYPE = integer);

--@ names of arguments under a view
CREATE AGGREGATE a(x integer) (SFUNC = int4larger, STYPE = integer);
COMMENT ON AGGREGATE a(integer) IS 'kept';
GRANT EXECUTE ON FUNCTION a(integer) TO pg_monitor;
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a(t.a) AS a FROM t;
--@ becomes
CREATE AGGREGATE a(y integer) (SFUNC = int4larger, STYPE = integer);
COMMENT ON AGGREGATE a(integer) IS 'kept';
GRANT EXECUTE ON FUNCTION a(integer) TO pg_monitor;
CREATE TABLE t (a integer);
CREATE VIEW v AS SELECT a(t.a) AS a FROM t;
