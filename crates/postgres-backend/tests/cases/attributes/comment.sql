--@ text
CREATE TABLE t (a integer);
COMMENT ON TABLE t IS 'one';
COMMENT ON COLUMN t.a IS 'two';
--@ becomes
CREATE TABLE t (a integer);
COMMENT ON TABLE t IS 'it''s "another"';
