-- Collations that fit the database's encoding, without the version of their provider.
SELECT pg_catalog.json_build_array(
           c.oid::pg_catalog.int8,
           m.schema,
           m.name,
           c.collprovider,
--@..14    CASE WHEN c.collprovider = 'i' THEN c.collcollate END,
--@15+     CASE WHEN c.collprovider <> 'c' THEN
--@15+         coalesce(pg_catalog.to_json(c) ->> 'colllocale', pg_catalog.to_json(c) ->> 'colliculocale')
--@15+     END,
           CASE WHEN c.collprovider = 'c' THEN c.collcollate END,
           CASE WHEN c.collprovider = 'c' THEN c.collctype END,
           c.collisdeterministic,
--@16+     c.collicurules
--@..15    NULL
       ) AS body
FROM managed_collation AS m
JOIN pg_catalog.pg_collation AS c ON c.oid = m.oid
