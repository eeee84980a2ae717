CREATE UNIQUE INDEX "t_a" ON "t" ("a") INCLUDE ("b") WITH (fillfactor = 70) WHERE (b > 0);

CREATE INDEX "t_order"
    ON "t" ("a" DESC, "b" DESC NULLS LAST, (lower(a)) COLLATE "C" "text_pattern_ops" NULLS FIRST, (b + 1));

CREATE INDEX "t_c"
    ON "t" USING gin ("c" "jsonb_path_ops")
    WITH (fastupdate = off, gin_pending_list_limit = 128);
