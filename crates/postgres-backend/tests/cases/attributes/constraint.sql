--@ kind
CREATE TABLE t (a integer NOT NULL CONSTRAINT k UNIQUE);
--@ becomes
CREATE TABLE t (a integer NOT NULL CONSTRAINT k CHECK (a > 0));

--@ deferrable
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (a integer REFERENCES o, b integer UNIQUE, c integer REFERENCES o DEFERRABLE);
--@ becomes
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (a integer REFERENCES o DEFERRABLE INITIALLY DEFERRED, b integer UNIQUE DEFERRABLE, c integer REFERENCES o);

--@ validated
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (a integer, b integer);
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES o NOT VALID, ADD CONSTRAINT k CHECK (b > 0) NOT VALID;
--@ becomes
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (a integer, b integer);
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES o, ADD CONSTRAINT k CHECK (b > 0);

--@ enforced, since 18
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT k CHECK (a > 0), b integer CONSTRAINT f REFERENCES o);
--@ becomes
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT k CHECK (a > 0) NOT ENFORCED, b integer CONSTRAINT f REFERENCES o NOT ENFORCED);

--@ columns of a key
CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, CONSTRAINT k UNIQUE (a, b), CONSTRAINT p PRIMARY KEY (a));
--@ becomes
CREATE TABLE t (a integer NOT NULL, b integer NOT NULL, CONSTRAINT k UNIQUE (b, a), CONSTRAINT p PRIMARY KEY (b));

--@ included columns
CREATE TABLE t (a integer, b integer, CONSTRAINT k UNIQUE (a));
--@ becomes
CREATE TABLE t (a integer, b integer, CONSTRAINT k UNIQUE (a) INCLUDE (b));

--@ nulls not distinct, since 15
CREATE TABLE t (a integer, CONSTRAINT k UNIQUE (a));
--@ becomes
CREATE TABLE t (a integer, CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a));

--@ without overlaps, since 18
CREATE EXTENSION btree_gist;
CREATE TABLE t (a integer, b daterange, CONSTRAINT k UNIQUE (a, b));
--@ becomes
CREATE EXTENSION btree_gist;
CREATE TABLE t (a integer, b daterange, CONSTRAINT k UNIQUE (a, b WITHOUT OVERLAPS));

--@ storage and tablespace of a key
CREATE TABLE t (a integer, b integer, CONSTRAINT k UNIQUE (a) WITH (fillfactor = 70), CONSTRAINT l UNIQUE (b));
--@ becomes
CREATE TABLE t (a integer, b integer, CONSTRAINT k UNIQUE (a) WITH (fillfactor = 60), CONSTRAINT l UNIQUE (b) USING INDEX TABLESPACE limbeck_case);

--@ columns of a foreign key
CREATE TABLE o (id integer PRIMARY KEY, other integer UNIQUE);
CREATE TABLE t (a integer, b integer, CONSTRAINT f FOREIGN KEY (a) REFERENCES o (id));
--@ becomes
CREATE TABLE o (id integer PRIMARY KEY, other integer UNIQUE);
CREATE TABLE t (a integer, b integer, CONSTRAINT f FOREIGN KEY (b) REFERENCES o (other));

--@ table of a foreign key
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (a integer, CONSTRAINT f FOREIGN KEY (a) REFERENCES o);
--@ becomes
CREATE TABLE o (id integer PRIMARY KEY);
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TABLE t (a integer, CONSTRAINT f FOREIGN KEY (a) REFERENCES p);

--@ match and actions
CREATE TABLE o (id integer, other integer, PRIMARY KEY (id, other));
CREATE TABLE t (a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES o ON UPDATE CASCADE ON DELETE RESTRICT);
--@ becomes
CREATE TABLE o (id integer, other integer, PRIMARY KEY (id, other));
CREATE TABLE t (a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES o MATCH FULL ON UPDATE SET NULL ON DELETE SET DEFAULT);

--@ columns of an action, since 15
CREATE TABLE o (id integer, other integer, PRIMARY KEY (id, other));
CREATE TABLE t (a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES o ON DELETE SET NULL);
--@ becomes
CREATE TABLE o (id integer, other integer, PRIMARY KEY (id, other));
CREATE TABLE t (a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES o ON DELETE SET NULL (b));

--@ period, since 18
CREATE EXTENSION btree_gist;
CREATE TABLE o (id integer, at daterange, CONSTRAINT k UNIQUE (id, at));
CREATE TABLE t (a integer, at daterange, CONSTRAINT f FOREIGN KEY (a, at) REFERENCES o (id, at));
--@ becomes
CREATE EXTENSION btree_gist;
CREATE TABLE o (id integer, at daterange, CONSTRAINT k UNIQUE (id, at WITHOUT OVERLAPS));
CREATE TABLE t (a integer, at daterange, CONSTRAINT f FOREIGN KEY (a, PERIOD at) REFERENCES o (id, PERIOD at));

--@ check
CREATE TABLE t (a integer, CONSTRAINT k CHECK (a > 0), CONSTRAINT l CHECK (a > 1));
--@ becomes
CREATE TABLE t (a integer, CONSTRAINT k CHECK (a > 10), CONSTRAINT l CHECK (a > 1) NO INHERIT);

--@ exclusion
CREATE EXTENSION btree_gist;
CREATE TABLE t (
    a integer, b box, c integer,
    CONSTRAINT k EXCLUDE USING gist (b WITH &&),
    CONSTRAINT l EXCLUDE USING btree (a WITH =) WHERE (c > 0),
    CONSTRAINT m EXCLUDE USING gist (a WITH <>));
--@ becomes
CREATE EXTENSION btree_gist;
CREATE TABLE t (
    a integer, b box, c integer,
    CONSTRAINT k EXCLUDE USING gist (b WITH ~=),
    CONSTRAINT l EXCLUDE USING hash (a WITH =) WHERE (c > 1),
    CONSTRAINT m EXCLUDE USING gist (c WITH =, a WITH <>));

--@ included columns, storage and tablespace of an exclusion, since 14
CREATE TABLE t (a integer, b box, CONSTRAINT k EXCLUDE USING gist (b WITH &&));
--@ becomes
CREATE TABLE t (a integer, b box,
    CONSTRAINT k EXCLUDE USING gist (b WITH &&) INCLUDE (a) WITH (fillfactor = 70) USING INDEX TABLESPACE limbeck_case);

--@ element of an exclusion
CREATE TABLE t (a box, b box, CONSTRAINT k EXCLUDE USING gist (a WITH &&));
--@ becomes
CREATE TABLE t (a box, b box, CONSTRAINT k EXCLUDE USING gist (b WITH &&));

--@ comment on the index behind a constraint
CREATE TABLE t (a integer CONSTRAINT t_pkey PRIMARY KEY, b integer CONSTRAINT t_b UNIQUE, c integer CONSTRAINT t_c UNIQUE);
COMMENT ON INDEX t_pkey IS 'one';
COMMENT ON CONSTRAINT t_pkey ON t IS 'of the key';
COMMENT ON INDEX t_c IS 'gone';
--@ becomes
CREATE TABLE t (a integer CONSTRAINT t_pkey PRIMARY KEY, b integer CONSTRAINT t_b UNIQUE, c integer CONSTRAINT t_c UNIQUE);
COMMENT ON INDEX t_pkey IS 'it''s "two"';
COMMENT ON CONSTRAINT t_pkey ON t IS 'of the key';
COMMENT ON INDEX t_b IS 'new';
CREATE TABLE more (a integer CONSTRAINT more_pkey PRIMARY KEY);
COMMENT ON INDEX more_pkey IS 'made with its table';
CREATE TABLE parted (a integer CONSTRAINT parted_pkey PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted DEFAULT;
COMMENT ON INDEX parted_pkey IS 'of the whole';
COMMENT ON INDEX part_pkey IS 'of the part';
