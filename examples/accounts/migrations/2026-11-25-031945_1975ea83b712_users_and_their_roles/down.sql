-- The way back.

-- hazard drop_table: dropping table `users` deletes all its rows; going up once more makes it again, empty
--   instead: copy what is to last before you go down, or stay above this revision
DROP TABLE "users";

-- hazard drop_enum: dropping type `account_role` takes it from everything that still names it, programs of the release that brought it among them
--   instead: let no such program run while you go down
DROP TYPE "account_role";
