--@ values
CREATE TYPE e AS ENUM ('a', 'b');
CREATE TYPE f AS ENUM ('a', 'b', 'c');
CREATE TABLE t (a e DEFAULT 'a', b f[]);
--@ becomes
CREATE TYPE e AS ENUM ('z', 'a', 'x', 'b');
CREATE TYPE f AS ENUM ('c', 'a');
CREATE TABLE t (a e DEFAULT 'x', b f[]);
