CREATE TABLE "a" (
    "id" bigint NOT NULL,
    "other" bigint,
    CONSTRAINT "a_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "b" (
    "id" bigint NOT NULL,
    "other" bigint,
    CONSTRAINT "b_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "a" ADD CONSTRAINT "a_fkey" FOREIGN KEY ("other") REFERENCES "b" ("id");

ALTER TABLE "b" ADD CONSTRAINT "b_fkey" FOREIGN KEY ("other") REFERENCES "a" ("id");
