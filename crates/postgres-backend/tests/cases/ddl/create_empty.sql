CREATE TABLE "nothing" ();

CREATE UNLOGGED TABLE "scratch" ();
