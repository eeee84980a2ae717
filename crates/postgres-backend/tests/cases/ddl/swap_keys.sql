ALTER TABLE "t"
    DROP CONSTRAINT "t_mood_fkey",
    DROP CONSTRAINT "t_first";

DROP INDEX "t_mood";

DROP INDEX "t_worst";

ALTER TABLE "t"
    DROP COLUMN "first",
    DROP COLUMN "worst";

ALTER TYPE "mood" RENAME TO "mood_old";

CREATE TYPE "mood" AS ENUM ('b', 'a');

ALTER TABLE "moods" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";

ALTER TABLE "t"
    ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood",
    ADD COLUMN "first" "mood" GENERATED ALWAYS AS (CASE WHEN mood IS NULL THEN 'a'::mood ELSE mood END) STORED,
    ADD COLUMN "worst" boolean GENERATED ALWAYS AS (mood = 'b'::mood) STORED;

DROP TYPE "mood_old";

COMMENT ON COLUMN "t"."worst" IS 'as bad as it gets';

ALTER TABLE "t" ADD CONSTRAINT "t_first" CHECK (first IS NOT NULL);

CREATE INDEX "t_mood" ON "t" ("mood") WHERE (NOT worst);

CREATE INDEX "t_worst" ON "t" ("worst");

COMMENT ON INDEX "t_worst" IS 'the worst';

ALTER TABLE "t" ADD CONSTRAINT "t_mood_fkey" FOREIGN KEY ("mood") REFERENCES "moods" ("mood");
