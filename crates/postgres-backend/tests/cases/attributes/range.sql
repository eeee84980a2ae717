--@ subtype
CREATE TYPE r AS RANGE (subtype = integer);
--@ becomes
CREATE TYPE r AS RANGE (subtype = bigint);

--@ operator class and collation
CREATE TYPE r AS RANGE (subtype = text);
CREATE TYPE s AS RANGE (subtype = text);
--@ becomes
CREATE TYPE r AS RANGE (subtype = text, subtype_opclass = text_pattern_ops);
CREATE TYPE s AS RANGE (subtype = text, collation = "C");

--@ difference
CREATE TYPE r AS RANGE (subtype = double precision);
--@ becomes
CREATE TYPE r AS RANGE (subtype = double precision, subtype_diff = float8mi);

--@ multirange, since 14
CREATE TYPE r AS RANGE (subtype = integer);
--@ becomes
CREATE TYPE r AS RANGE (subtype = integer, multirange_type_name = many);
