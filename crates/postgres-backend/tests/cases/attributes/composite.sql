--@ attributes
CREATE TYPE c AS (a integer, b text, z text);
CREATE TYPE d AS (a text);
--@ becomes
CREATE TYPE c AS (a bigint, y text, z text);
CREATE TYPE d AS (a text COLLATE "C");
