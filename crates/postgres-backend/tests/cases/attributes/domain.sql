--@ base
CREATE DOMAIN d AS integer;
CREATE TABLE t (a d);
--@ becomes
CREATE DOMAIN d AS bigint;
CREATE TABLE t (a d);

--@ collation
CREATE DOMAIN d AS text;
--@ becomes
CREATE DOMAIN d AS text COLLATE "C";

--@ default and not null
CREATE DOMAIN d AS integer DEFAULT 1;
CREATE DOMAIN e AS integer NOT NULL;
--@ becomes
CREATE DOMAIN d AS integer DEFAULT 2 NOT NULL;
CREATE DOMAIN e AS integer;

--@ checks
CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 0);
CREATE DOMAIN e AS integer;
ALTER DOMAIN e ADD CONSTRAINT l CHECK (VALUE > 0) NOT VALID;
--@ becomes
CREATE DOMAIN d AS integer CONSTRAINT k CHECK (VALUE > 1);
CREATE DOMAIN e AS integer CONSTRAINT l CHECK (VALUE > 0);
