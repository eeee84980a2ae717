CREATE INDEX "t_a" ON "t" USING gist ("a" "tsvector_ops" (siglen = 100));
