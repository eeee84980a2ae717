ALTER SCHEMA "old_schema" RENAME TO "new_schema";

ALTER TYPE "mood" RENAME TO "feeling";

ALTER SEQUENCE "s" RENAME TO "counter";

ALTER TABLE "t" RENAME TO "u";

ALTER TABLE "u" RENAME COLUMN "a" TO "b";

ALTER TABLE "u" RENAME CONSTRAINT "t_check" TO "u_check";

ALTER INDEX "t_a" RENAME TO "u_b";
