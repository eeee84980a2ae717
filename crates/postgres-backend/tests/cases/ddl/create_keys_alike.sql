CREATE TABLE "a" (
    "id" bigint NOT NULL,
    "other" bigint,
    CONSTRAINT "a_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "a_id_other_key" UNIQUE ("id", "other")
);

ALTER TABLE "a"
    ADD CONSTRAINT "a_id_key" UNIQUE ("id"),
    ADD CONSTRAINT "a_id_key1" UNIQUE ("id");
