-- Subscriptions of this database, without where they get their rows from. Before 14 not every role may
-- read more than this.
SELECT pg_catalog.json_build_object(
--@14+     'oid', s.oid::pg_catalog.int8,
--@..13    'oid', 0,
           'name', s.subname,
           'publications', s.subpublications,
           'options', pg_catalog.json_build_object(
--@14+         'synchronous_commit', s.subsynccommit,
--@14+         'binary', s.subbinary::pg_catalog.text,
--@14+         'streaming', CASE s.substream::pg_catalog.text
--@14+             WHEN 't' THEN 'true' WHEN 'f' THEN 'false' WHEN 'p' THEN 'parallel'
--@14+             ELSE s.substream::pg_catalog.text END
--@15+         , 'disable_on_error', s.subdisableonerr::pg_catalog.text
--@16+         , 'origin', s.suborigin
           )) AS body
FROM pg_catalog.pg_subscription AS s
WHERE $1 IS NULL AND NOT $4
  AND s.subdbid = (
        SELECT d.oid FROM pg_catalog.pg_database AS d
        WHERE d.datname = pg_catalog.current_database())
