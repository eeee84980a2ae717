-- The way back.

-- hazard drop_table: dropping table `posts` deletes all its rows; going up once more makes it again, empty
--   instead: copy what is to last before you go down, or stay above this revision
DROP TABLE "posts";
