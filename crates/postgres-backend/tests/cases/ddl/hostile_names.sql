CREATE TYPE "select0"."selectenum" AS ENUM ('select', 'b');

CREATE SEQUENCE "select0"."selectseq";

CREATE TABLE "select0"."select" (
    "select" "select0"."selectenum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "selectpk" PRIMARY KEY ("select"),
    CONSTRAINT "selectfk" FOREIGN KEY ("select") REFERENCES "select0"."select" ("select")
);

CREATE INDEX "selectidx" ON "select0"."select" ("select");

COMMENT ON COLUMN "select0"."select"."select" IS 'select';

COMMENT ON CONSTRAINT "selectpk" ON "select0"."select" IS 'select';

COMMENT ON INDEX "select0"."selectidx" IS 'select';

CREATE TYPE "It's ""so""1"."It's ""so""enum" AS ENUM ('It''s "so"', 'b');

CREATE SEQUENCE "It's ""so""1"."It's ""so""seq";

CREATE TABLE "It's ""so""1"."It's ""so""" (
    "It's ""so""" "It's ""so""1"."It's ""so""enum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "It's ""so""pk" PRIMARY KEY ("It's ""so"""),
    CONSTRAINT "It's ""so""fk" FOREIGN KEY ("It's ""so""") REFERENCES "It's ""so""1"."It's ""so""" ("It's ""so""")
);

CREATE INDEX "It's ""so""idx" ON "It's ""so""1"."It's ""so""" ("It's ""so""");

COMMENT ON COLUMN "It's ""so""1"."It's ""so"""."It's ""so""" IS 'It''s "so"';

COMMENT ON CONSTRAINT "It's ""so""pk" ON "It's ""so""1"."It's ""so""" IS 'It''s "so"';

COMMENT ON INDEX "It's ""so""1"."It's ""so""idx" IS 'It''s "so"';

CREATE TYPE "a b;--2"."a b;--enum" AS ENUM ('a b;--', 'b');

CREATE SEQUENCE "a b;--2"."a b;--seq";

CREATE TABLE "a b;--2"."a b;--" (
    "a b;--" "a b;--2"."a b;--enum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "a b;--pk" PRIMARY KEY ("a b;--"),
    CONSTRAINT "a b;--fk" FOREIGN KEY ("a b;--") REFERENCES "a b;--2"."a b;--" ("a b;--")
);

CREATE INDEX "a b;--idx" ON "a b;--2"."a b;--" ("a b;--");

COMMENT ON COLUMN "a b;--2"."a b;--"."a b;--" IS 'a b;--';

COMMENT ON CONSTRAINT "a b;--pk" ON "a b;--2"."a b;--" IS 'a b;--';

COMMENT ON INDEX "a b;--2"."a b;--idx" IS 'a b;--';

CREATE TYPE "🐘 ümlaut3"."🐘 ümlautenum" AS ENUM ('🐘 ümlaut', 'b');

CREATE SEQUENCE "🐘 ümlaut3"."🐘 ümlautseq";

CREATE TABLE "🐘 ümlaut3"."🐘 ümlaut" (
    "🐘 ümlaut" "🐘 ümlaut3"."🐘 ümlautenum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "🐘 ümlautpk" PRIMARY KEY ("🐘 ümlaut"),
    CONSTRAINT "🐘 ümlautfk" FOREIGN KEY ("🐘 ümlaut") REFERENCES "🐘 ümlaut3"."🐘 ümlaut" ("🐘 ümlaut")
);

CREATE INDEX "🐘 ümlautidx" ON "🐘 ümlaut3"."🐘 ümlaut" ("🐘 ümlaut");

COMMENT ON COLUMN "🐘 ümlaut3"."🐘 ümlaut"."🐘 ümlaut" IS '🐘 ümlaut';

COMMENT ON CONSTRAINT "🐘 ümlautpk" ON "🐘 ümlaut3"."🐘 ümlaut" IS '🐘 ümlaut';

COMMENT ON INDEX "🐘 ümlaut3"."🐘 ümlautidx" IS '🐘 ümlaut';

CREATE TYPE "$14"."$1enum" AS ENUM ('$1', 'b');

CREATE SEQUENCE "$14"."$1seq";

CREATE TABLE "$14"."$1" (
    "$1" "$14"."$1enum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "$1pk" PRIMARY KEY ("$1"),
    CONSTRAINT "$1fk" FOREIGN KEY ("$1") REFERENCES "$14"."$1" ("$1")
);

CREATE INDEX "$1idx" ON "$14"."$1" ("$1");

COMMENT ON COLUMN "$14"."$1"."$1" IS '$1';

COMMENT ON CONSTRAINT "$1pk" ON "$14"."$1" IS '$1';

COMMENT ON INDEX "$14"."$1idx" IS '$1';

CREATE TYPE "\'5"."\'enum" AS ENUM (E'\\''', 'b');

CREATE SEQUENCE "\'5"."\'seq";

CREATE TABLE "\'5"."\'" (
    "\'" "\'5"."\'enum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "\'pk" PRIMARY KEY ("\'"),
    CONSTRAINT "\'fk" FOREIGN KEY ("\'") REFERENCES "\'5"."\'" ("\'")
);

CREATE INDEX "\'idx" ON "\'5"."\'" ("\'");

COMMENT ON COLUMN "\'5"."\'"."\'" IS E'\\''';

COMMENT ON CONSTRAINT "\'pk" ON "\'5"."\'" IS E'\\''';

COMMENT ON INDEX "\'5"."\'idx" IS E'\\''';

CREATE TYPE "TABLE6"."TABLEenum" AS ENUM ('TABLE', 'b');

CREATE SEQUENCE "TABLE6"."TABLEseq";

CREATE TABLE "TABLE6"."TABLE" (
    "TABLE" "TABLE6"."TABLEenum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "TABLEpk" PRIMARY KEY ("TABLE"),
    CONSTRAINT "TABLEfk" FOREIGN KEY ("TABLE") REFERENCES "TABLE6"."TABLE" ("TABLE")
);

CREATE INDEX "TABLEidx" ON "TABLE6"."TABLE" ("TABLE");

COMMENT ON COLUMN "TABLE6"."TABLE"."TABLE" IS 'TABLE';

COMMENT ON CONSTRAINT "TABLEpk" ON "TABLE6"."TABLE" IS 'TABLE';

COMMENT ON INDEX "TABLE6"."TABLEidx" IS 'TABLE';

CREATE TYPE "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, wenum" AS ENUM (
    'sixty-three bytes of a name, which is all that Postgres can kee',
    'b'
);

CREATE SEQUENCE "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, wseq";

CREATE TABLE "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, which is all that Postgres can kee" (
    "sixty-three bytes of a name, which is all that Postgres can kee" "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, wenum" NOT NULL,
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "sixty-three bytes of a name, wpk" PRIMARY KEY ("sixty-three bytes of a name, which is all that Postgres can kee"),
    CONSTRAINT "sixty-three bytes of a name, wfk" FOREIGN KEY ("sixty-three bytes of a name, which is all that Postgres can kee") REFERENCES "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, which is all that Postgres can kee" ("sixty-three bytes of a name, which is all that Postgres can kee")
);

CREATE INDEX "sixty-three bytes of a name, widx"
    ON "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, which is all that Postgres can kee" ("sixty-three bytes of a name, which is all that Postgres can kee");

COMMENT ON COLUMN "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, which is all that Postgres can kee"."sixty-three bytes of a name, which is all that Postgres can kee" IS 'sixty-three bytes of a name, which is all that Postgres can kee';

COMMENT ON CONSTRAINT "sixty-three bytes of a name, wpk" ON "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, which is all that Postgres can kee" IS 'sixty-three bytes of a name, which is all that Postgres can kee';

COMMENT ON INDEX "sixty-three bytes of a name, which is all that Pos7"."sixty-three bytes of a name, widx" IS 'sixty-three bytes of a name, which is all that Postgres can kee';
