--@ schema
CREATE SCHEMA ext;
CREATE EXTENSION hstore;
--@ becomes
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;

--@ version, one way
CREATE EXTENSION hstore VERSION '1.6';
--@ becomes
CREATE EXTENSION hstore VERSION '1.7';
