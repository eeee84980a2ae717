--@ persistence
CREATE TABLE t (a integer);
--@ becomes
CREATE UNLOGGED TABLE t (a integer);

--@ access method, since 15
CREATE ACCESS METHOD mine TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a integer);
--@ becomes
CREATE ACCESS METHOD mine TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a integer) USING mine;

--@ tablespace
CREATE TABLE t (a integer);
--@ becomes
CREATE TABLE t (a integer) TABLESPACE limbeck_case;

--@ storage parameters
CREATE TABLE t (a text) WITH (fillfactor = 70, toast.autovacuum_enabled = false);
--@ becomes
CREATE TABLE t (a text) WITH (autovacuum_enabled = false, toast.vacuum_truncate = false);

--@ replica identity
CREATE TABLE t (a integer NOT NULL UNIQUE, b integer PRIMARY KEY);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_a_key;
--@ becomes
CREATE TABLE t (a integer NOT NULL UNIQUE, b integer PRIMARY KEY);
ALTER TABLE t REPLICA IDENTITY FULL;

--@ cluster index
CREATE TABLE t (a integer UNIQUE, b integer PRIMARY KEY);
ALTER TABLE t CLUSTER ON t_a_key;
--@ becomes
CREATE TABLE t (a integer UNIQUE, b integer PRIMARY KEY);
ALTER TABLE t CLUSTER ON t_pkey;

--@ type that it is of
CREATE TYPE one AS (a integer, b text);
CREATE TYPE two AS (a integer, b text);
CREATE TABLE t OF one;
--@ becomes
CREATE TYPE one AS (a integer, b text);
CREATE TYPE two AS (a integer, b text);
CREATE TABLE t OF two;
