-- Default privileges, and those that Postgres gives by itself: in a schema they come on top. Those of
-- the whole database are looked at where all schemas are.
SELECT pg_catalog.json_build_object(
           'kind', d.defaclobjtype,
           'schema', n.name,
           'role', CASE WHEN d.role <> current_user THEN d.role END,
           'granted', (
               SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                   CASE WHEN e.grantee <> 0 THEN pg_catalog.pg_get_userbyid(e.grantee) END,
                   e.grantee = d.defaclrole, e.privilege_type, e.is_grantable,
                   CASE WHEN e.grantor <> d.defaclrole
                     THEN pg_catalog.pg_get_userbyid(e.grantor) END))
               FROM pg_catalog.aclexplode(d.defaclacl) AS e),
           'initial', CASE WHEN d.defaclnamespace = 0 THEN (
               SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
                   CASE WHEN e.grantee <> 0 THEN pg_catalog.pg_get_userbyid(e.grantee) END,
                   e.grantee = d.defaclrole, e.privilege_type, e.is_grantable, NULL))
               FROM pg_catalog.aclexplode(pg_catalog.acldefault(
                   CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::"char",
                   d.defaclrole)) AS e) END) AS body
FROM (SELECT a.*, pg_catalog.pg_get_userbyid(a.defaclrole) AS role
      FROM pg_catalog.pg_default_acl AS a) AS d
LEFT JOIN namespace AS n ON n.oid = d.defaclnamespace
WHERE NOT $4
  AND (d.defaclnamespace = 0 AND $1 IS NULL OR n.oid IS NOT NULL)
