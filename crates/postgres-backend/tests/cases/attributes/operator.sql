--@ estimates
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, RESTRICT = eqsel);
--@ becomes
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, RESTRICT = neqsel, JOIN = eqjoinsel);

--@ function
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer);
CREATE VIEW v AS SELECT 1 === 2 AS same;
--@ becomes
CREATE OPERATOR === (FUNCTION = int4ne, LEFTARG = integer, RIGHTARG = integer);
CREATE VIEW v AS SELECT 1 === 2 AS same;

--@ hashes and merges
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ===);
CREATE OPERATOR ==== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ====, HASHES);
--@ becomes
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ===, HASHES);
CREATE OPERATOR ==== (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ====, MERGES);

--@ commutator and negator
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>> (FUNCTION = int4gt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>>= (FUNCTION = int4ge, LEFTARG = integer, RIGHTARG = integer);
--@ becomes
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>> (FUNCTION = int4gt, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = <<<);
CREATE OPERATOR >>>= (FUNCTION = int4ge, LEFTARG = integer, RIGHTARG = integer, NEGATOR = <<<);

--@ other commutator and negator
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>> (FUNCTION = int4gt, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = <<<);
CREATE OPERATOR >>>= (FUNCTION = int4ge, LEFTARG = integer, RIGHTARG = integer, NEGATOR = <<<);
CREATE OPERATOR ~>> (FUNCTION = int4gt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR ~>= (FUNCTION = int4ge, LEFTARG = integer, RIGHTARG = integer);
--@ becomes
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>> (FUNCTION = int4gt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>>= (FUNCTION = int4ge, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR ~>> (FUNCTION = int4gt, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = <<<);
CREATE OPERATOR ~>= (FUNCTION = int4ge, LEFTARG = integer, RIGHTARG = integer, NEGATOR = <<<);

--@ family, default and members of a class
CREATE OPERATOR FAMILY others USING btree;
CREATE TYPE pair AS (a integer, b integer);
CREATE OPERATOR CLASS a FOR TYPE integer USING btree AS FUNCTION 1 btint4cmp(integer, integer);
CREATE OPERATOR CLASS b FOR TYPE record USING btree AS FUNCTION 1 btrecordcmp(record, record);
CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS
    OPERATOR 1 <, OPERATOR 3 =, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);
CREATE OPERATOR CLASS d FOR TYPE pair USING btree AS FUNCTION 1 btrecordcmp(record, record);
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a c);
--@ becomes
CREATE OPERATOR FAMILY others USING btree;
CREATE TYPE pair AS (a integer, b integer);
CREATE OPERATOR CLASS a FOR TYPE integer USING btree FAMILY others AS FUNCTION 1 btint4cmp(integer, integer);
CREATE OPERATOR CLASS b FOR TYPE record USING btree AS FUNCTION 1 btrecordimagecmp(record, record);
CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, FUNCTION 1 btint4cmp(integer, integer);
CREATE OPERATOR CLASS d DEFAULT FOR TYPE pair USING btree AS FUNCTION 1 btrecordcmp(record, record);
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a c);

--@ type that a class is for
CREATE OPERATOR CLASS a FOR TYPE integer USING btree AS FUNCTION 1 btint4cmp(integer, integer);
CREATE OPERATOR CLASS b FOR TYPE text USING hash AS FUNCTION 1 hashtext(text);
--@ becomes
CREATE OPERATOR CLASS a FOR TYPE bigint USING btree AS FUNCTION 1 btint8cmp(bigint, bigint);
CREATE OPERATOR CLASS b FOR TYPE varchar USING hash AS FUNCTION 1 (text) hashtext(text);

--@ storage of a class and order of an operator
CREATE OPERATOR CLASS points FOR TYPE point USING gist AS
    OPERATOR 15 <-> (point, point) FOR ORDER BY float_ops,
    FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
    FUNCTION 2 gist_box_union(internal, internal),
    FUNCTION 5 gist_box_penalty(internal, internal, internal),
    FUNCTION 6 gist_box_picksplit(internal, internal),
    FUNCTION 7 gist_box_same(box, box, internal),
    FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal);
--@ becomes
CREATE OPERATOR FAMILY numbers USING btree;
CREATE OPERATOR CLASS points FOR TYPE point USING gist AS
    OPERATOR 15 <-> (point, point) FOR ORDER BY numbers,
    FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
    FUNCTION 2 gist_box_union(internal, internal),
    FUNCTION 3 gist_point_compress(internal),
    FUNCTION 5 gist_box_penalty(internal, internal, internal),
    FUNCTION 6 gist_box_picksplit(internal, internal),
    FUNCTION 7 gist_box_same(box, box, internal),
    FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal),
    STORAGE box;

--@ member of a family
CREATE FUNCTION compare(a integer, b integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR FAMILY f USING btree;
ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 < (integer, integer), FUNCTION 1 btint4cmp(integer, integer);
CREATE OPERATOR FAMILY g USING gist;
ALTER OPERATOR FAMILY g USING gist ADD OPERATOR 15 <-> (point, point) FOR ORDER BY float_ops;
--@ becomes
CREATE FUNCTION compare(a integer, b integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR FAMILY f USING btree;
ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 <<< (integer, integer), FUNCTION 1 compare(integer, integer);
CREATE OPERATOR FAMILY numbers USING btree;
CREATE OPERATOR FAMILY g USING gist;
ALTER OPERATOR FAMILY g USING gist ADD OPERATOR 15 <-> (point, point) FOR ORDER BY numbers;

--@ negator of an operator in a class
CREATE FUNCTION ge(a integer, b integer) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer, NEGATOR = >>>=);
CREATE OPERATOR >>>= (FUNCTION = ge, LEFTARG = integer, RIGHTARG = integer, NEGATOR = <<<);
CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS OPERATOR 1 <<<, OPERATOR 4 >>>=, FUNCTION 1 btint4cmp(integer, integer);
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a c);
CREATE VIEW v AS SELECT a <<< 1 AS b FROM t;
--@ becomes
CREATE FUNCTION ge(a integer, b integer) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
CREATE OPERATOR <<< (FUNCTION = int4lt, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR >>>= (FUNCTION = ge, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS OPERATOR 1 <<<, OPERATOR 4 >>>=, FUNCTION 1 btint4cmp(integer, integer);
CREATE TABLE t (a integer);
CREATE INDEX i ON t (a c);
CREATE VIEW v AS SELECT a <<< 1 AS b FROM t;
