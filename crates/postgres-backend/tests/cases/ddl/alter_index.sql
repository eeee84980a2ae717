ALTER INDEX "t_a" SET (deduplicate_items = off);

ALTER INDEX "t_a" RESET (fillfactor);

DROP INDEX "t_b";

CREATE UNIQUE INDEX "t_b" ON "t" ("a");
