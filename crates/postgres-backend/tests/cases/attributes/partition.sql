--@ bounds
CREATE TABLE t (a integer) PARTITION BY RANGE (a);
CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE q PARTITION OF t FOR VALUES FROM (10) TO (20);
--@ becomes
CREATE TABLE t (a integer) PARTITION BY RANGE (a);
CREATE TABLE p PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE TABLE q PARTITION OF t DEFAULT;

--@ parent
CREATE TABLE t (a integer) PARTITION BY LIST (a);
CREATE TABLE u (a integer) PARTITION BY LIST (a);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
--@ becomes
CREATE TABLE t (a integer) PARTITION BY LIST (a);
CREATE TABLE u (a integer) PARTITION BY LIST (a);
CREATE TABLE p PARTITION OF u FOR VALUES IN (1);

--@ strategy
CREATE TABLE t (a integer, b text) PARTITION BY RANGE (a);
CREATE TABLE u (a integer) PARTITION BY LIST (a);
--@ becomes
CREATE TABLE t (a integer, b text) PARTITION BY HASH (a);
CREATE TABLE u (a integer) PARTITION BY RANGE (a);

--@ elements
CREATE TABLE t (a integer, b text) PARTITION BY RANGE (a);
CREATE TABLE u (a integer, b text) PARTITION BY RANGE (a);
CREATE TABLE v (a integer, b text) PARTITION BY LIST (lower(b));
--@ becomes
CREATE TABLE t (a integer, b text) PARTITION BY RANGE (b);
CREATE TABLE u (a integer, b text) PARTITION BY RANGE (a, b);
CREATE TABLE v (a integer, b text) PARTITION BY LIST (upper(b));

--@ collation and operator class of an element
CREATE TABLE t (a text) PARTITION BY RANGE (a);
CREATE TABLE p PARTITION OF t FOR VALUES FROM ('a') TO ('b');
CREATE TABLE u (a text) PARTITION BY LIST (a);
CREATE TABLE q PARTITION OF u FOR VALUES IN ('a');
--@ becomes
CREATE TABLE t (a text) PARTITION BY RANGE (a COLLATE "C");
CREATE TABLE p PARTITION OF t FOR VALUES FROM ('a') TO ('b');
CREATE TABLE u (a text) PARTITION BY LIST (a text_pattern_ops);
CREATE TABLE q PARTITION OF u FOR VALUES IN ('a');

--@ whether it is partitioned
CREATE TABLE t (a integer);
--@ becomes
CREATE TABLE t (a integer) PARTITION BY RANGE (a);

--@ index that another one is attached to
CREATE TABLE t (a integer) PARTITION BY RANGE (a);
CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE INDEX i ON ONLY t (a);
CREATE INDEX j ON ONLY t (a);
CREATE INDEX mine ON p (a);
ALTER INDEX i ATTACH PARTITION mine;
--@ becomes
CREATE TABLE t (a integer) PARTITION BY RANGE (a);
CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE INDEX i ON ONLY t (a);
CREATE INDEX j ON ONLY t (a);
CREATE INDEX mine ON p (a);
ALTER INDEX j ATTACH PARTITION mine;

--@ parent of an attached index
CREATE TABLE t (a integer) PARTITION BY RANGE (a);
CREATE TABLE u (a integer) PARTITION BY RANGE (a);
CREATE INDEX i ON t (a);
CREATE INDEX j ON u (a);
CREATE TABLE p (a integer);
CREATE INDEX mine ON p (a);
ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (10);
--@ becomes
CREATE TABLE t (a integer) PARTITION BY RANGE (a);
CREATE TABLE u (a integer) PARTITION BY RANGE (a);
CREATE INDEX i ON t (a);
CREATE INDEX j ON u (a);
CREATE TABLE p (a integer);
CREATE INDEX mine ON p (a);
ALTER TABLE u ATTACH PARTITION p FOR VALUES FROM (1) TO (10);

--@ partition key under a foreign key and a view
CREATE TABLE t (a integer, b integer, PRIMARY KEY (a, b)) PARTITION BY RANGE (a);
CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE u (a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES t);
CREATE VIEW v AS SELECT a FROM t;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (a > 0);
GRANT SELECT ON t TO pg_monitor;
CREATE STATISTICS s ON a, b FROM t;
COMMENT ON TABLE t IS 'x';
--@ becomes
CREATE TABLE t (a integer, b integer, PRIMARY KEY (a, b)) PARTITION BY LIST (b);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
CREATE TABLE u (a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES t);
CREATE VIEW v AS SELECT a FROM t;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (a > 0);
GRANT SELECT ON t TO pg_monitor;
CREATE STATISTICS s ON a, b FROM t;
COMMENT ON TABLE t IS 'x';

--@ partition with an index like the one that it gets
CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
CREATE INDEX i ON t (b);
ALTER TABLE t ADD CONSTRAINT k UNIQUE (a);
CREATE TABLE p (a integer CONSTRAINT mine UNIQUE, b integer);
CREATE INDEX own ON p (b);
COMMENT ON INDEX own IS 'x';
--@ becomes
CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
CREATE INDEX i ON t (b);
ALTER TABLE t ADD CONSTRAINT k UNIQUE (a);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
ALTER TABLE p ADD CONSTRAINT mine UNIQUE (a);
CREATE INDEX own ON p (b);
COMMENT ON INDEX own IS 'x';

--@ partition with two equal indexes
CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
CREATE INDEX i ON t (b);
CREATE TABLE p (a integer, b integer);
CREATE INDEX one ON p (b);
CREATE INDEX two ON p (b);
CREATE TABLE q (a integer, b integer);
CREATE INDEX three ON q (b);
CREATE INDEX four ON q (b);
--@ becomes
CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
CREATE INDEX i ON ONLY t (b);
CREATE TABLE p (a integer, b integer);
CREATE INDEX two ON p (b);
ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1);
CREATE INDEX one ON p (b);
CREATE TABLE q (a integer, b integer);
CREATE INDEX three ON q (b);
ALTER TABLE t ATTACH PARTITION q FOR VALUES IN (2);
CREATE INDEX four ON q (b);

--@ index over a partition with two equal ones
CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
CREATE INDEX one ON p (b);
CREATE INDEX two ON p (b);
--@ becomes
CREATE TABLE t (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
CREATE INDEX i ON ONLY t (b);
CREATE INDEX two ON p (b);
ALTER INDEX i ATTACH PARTITION two;
CREATE INDEX one ON p (b);
