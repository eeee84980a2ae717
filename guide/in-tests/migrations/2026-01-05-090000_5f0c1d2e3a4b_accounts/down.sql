-- The way back.

DROP TABLE "accounts";
