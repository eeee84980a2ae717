CREATE TABLE "sécond\" (text text DEFAULT $$a"\n$$);
