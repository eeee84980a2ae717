ALTER TABLE "t"
    DROP COLUMN "gone",
    ALTER COLUMN "mood" DROP DEFAULT,
    ALTER COLUMN "mood" TYPE text;

ALTER TYPE "mood" RENAME TO "mood_old";

CREATE TYPE "mood" AS ENUM ('b');

DROP TYPE "mood_old";

ALTER TABLE "t" ALTER COLUMN "mood" SET DEFAULT 'a'::text;
