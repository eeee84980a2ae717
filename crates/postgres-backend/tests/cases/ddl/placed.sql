CREATE TYPE "mood" AS ENUM ('a', 'b');

CREATE SEQUENCE "numbers";

CREATE TABLE "t" (
    "id" bigint DEFAULT nextval('numbers'::regclass),
    "mood" "mood" DEFAULT 'a'::mood,
    CONSTRAINT "t_check" CHECK (mood <> 'b'::mood)
);

CREATE INDEX "t_mood" ON "t" ("id") WHERE (mood = 'a'::mood);

COMMENT ON COLUMN "t"."mood" IS 'in auth or elsewhere';
