COMMENT ON SCHEMA "audit" IS E'it''s a \\ comment';

COMMENT ON TYPE "mood" IS E'it''s a \\ comment';

COMMENT ON SEQUENCE "s" IS E'it''s a \\ comment';

COMMENT ON COLUMN "t"."a" IS E'it''s a \\ comment';

COMMENT ON CONSTRAINT "t_check" ON "t" IS E'it''s a \\ comment';

COMMENT ON INDEX "t_a" IS E'it''s a \\ comment';

COMMENT ON TABLE "t" IS 'after';
