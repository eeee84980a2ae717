ALTER TABLE "rooms" ADD COLUMN "id" int4range NOT NULL;

ALTER TABLE "stays" ADD COLUMN "room" int4range;

ALTER TABLE "rooms" ADD CONSTRAINT "rooms_pkey" PRIMARY KEY ("id", "during" WITHOUT OVERLAPS);

ALTER TABLE "stays"
    ADD CONSTRAINT "stays_room" FOREIGN KEY ("room", PERIOD "during") REFERENCES "rooms" ("id", PERIOD "during"),
    ADD CONSTRAINT "stays_check" CHECK (nights > 0) NOT ENFORCED;
