SELECT setval('"s"', GREATEST(last_value, 10), is_called AND last_value >= 10)
FROM "s";

ALTER SEQUENCE "s" MINVALUE 10 MAXVALUE 2000 START WITH 20;

ALTER SEQUENCE "far" MINVALUE 10 MAXVALUE 20 START WITH 15 RESTART;

SELECT setval(pg_get_serial_sequence('"t"', 'id'), LEAST(next, 2000)::bigint, next > 2000)
FROM (SELECT GREATEST(GREATEST(max("id")::numeric + 1, 20), 10) AS next FROM "t") AS counted;

ALTER TABLE "t" ALTER COLUMN "id" SET MINVALUE 10 SET MAXVALUE 2000 SET START WITH 20;
