-- The way back.

-- hazard drop_table: dropping table `comments` deletes all its rows; going up once more makes it again, empty
--   instead: copy what is to last before you go down, or stay above this revision
DROP TABLE "comments";

-- hazard drop_table: dropping table `votes` deletes all its rows; going up once more makes it again, empty
--   instead: copy what is to last before you go down, or stay above this revision
DROP TABLE "votes";

-- hazard drop_enum: dropping type `vote_kind` takes it from everything that still names it, programs of the release that brought it among them
--   instead: let no such program run while you go down
DROP TYPE "vote_kind";
