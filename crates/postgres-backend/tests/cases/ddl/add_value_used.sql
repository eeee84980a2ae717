ALTER TYPE "mood" RENAME TO "mood_old";

CREATE TYPE "mood" AS ENUM ('a', 'b');

ALTER TABLE "t" ALTER COLUMN "mood" TYPE "mood" USING "mood"::text::"mood";

DROP TYPE "mood_old";

ALTER TABLE "t" ALTER COLUMN "mood" SET DEFAULT 'b'::mood;
