-- Rules, but for those that make views what they are.
SELECT pg_catalog.json_build_object(
           'oid', w.oid::pg_catalog.int8,
           'schema', r.schema,
           'table', r.name,
           'name', w.rulename,
           'event', w.ev_type,
           'instead', w.is_instead,
           'definition', pg_catalog.pg_get_ruledef(w.oid),
           'firing', w.ev_enabled) AS body
FROM pg_catalog.pg_rewrite AS w
JOIN (SELECT oid, schema, name FROM managed_table
      UNION ALL
      SELECT oid, schema, name FROM managed_view) AS r ON r.oid = w.ev_class
WHERE w.rulename <> '_RETURN'
