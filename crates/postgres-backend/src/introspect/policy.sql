-- Policies of tables. A role that is 0 is everybody.
SELECT pg_catalog.json_build_object(
           'oid', p.oid::pg_catalog.int8,
           'schema', t.schema,
           'table', t.name,
           'name', p.polname,
           'permissive', p.polpermissive,
           'command', p.polcmd,
           'roles', (
               SELECT pg_catalog.json_agg(
                   CASE WHEN role <> 0 THEN pg_catalog.pg_get_userbyid(role) END)
               FROM pg_catalog.unnest(p.polroles) AS role),
           'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
           'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) AS body
FROM managed_table AS t
JOIN pg_catalog.pg_policy AS p ON p.polrelid = t.oid
