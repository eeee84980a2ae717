ALTER TABLE "t" DROP CONSTRAINT "t_check";

ALTER TYPE "mood" RENAME TO "mood_old";

CREATE TYPE "mood" AS ENUM ('b', 'c');

ALTER TABLE "t"
    ALTER COLUMN "mood" DROP DEFAULT,
    ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";

DROP TYPE "mood_old";

ALTER TABLE "t"
    ALTER COLUMN "mood" SET DEFAULT 'b'::mood,
    ADD CONSTRAINT "t_check" CHECK (mood <> 'c'::mood);
