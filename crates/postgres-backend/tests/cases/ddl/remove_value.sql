ALTER TABLE "t" DROP CONSTRAINT "t_check";

DROP INDEX "t_a";

ALTER TYPE "mood" RENAME TO "mood_old";

CREATE TYPE "mood" AS ENUM ('b', 'a');

COMMENT ON TYPE "mood" IS 'how it is';

ALTER TABLE "t"
    ALTER COLUMN "mood" DROP DEFAULT,
    ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood",
    ALTER COLUMN "mood" SET DEFAULT 'a'::mood,
    ALTER COLUMN "moods" DROP DEFAULT,
    ALTER COLUMN "moods" TYPE "mood"[] USING "moods"::text[]::"mood"[],
    ALTER COLUMN "moods" SET DEFAULT '{a}'::mood[];

ALTER TABLE "u" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";

DROP TYPE "mood_old";

ALTER TABLE "t" ADD CONSTRAINT "t_check" CHECK (mood <> 'b'::mood);

COMMENT ON CONSTRAINT "t_check" ON "t" IS 'never b';

CREATE INDEX "t_a" ON "t" ("moods") WHERE (mood = 'a'::mood);
