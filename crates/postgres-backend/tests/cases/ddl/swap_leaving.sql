ALTER TYPE "mood" RENAME TO "mood_old";

CREATE TYPE "mood" AS ENUM ('b');

ALTER TABLE "t"
    ALTER COLUMN "gone" TYPE text[],
    ALTER COLUMN "mood" DROP DEFAULT,
    ALTER COLUMN "mood" TYPE text;

DROP TYPE "mood_old";

ALTER TABLE "t"
    ALTER COLUMN "mood" TYPE text,
    ALTER COLUMN "mood" SET DEFAULT 'a'::text,
    DROP COLUMN "gone";
