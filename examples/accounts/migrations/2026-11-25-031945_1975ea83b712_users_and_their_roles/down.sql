-- The way back.

-- hazard drop_table: dropping table `users` deletes all its rows; the way down makes it again, empty
--   instead: if it was renamed, say `renamed_from = "users"` on the new one; otherwise stop using it in one release and drop it in a later one
DROP TABLE "users";

-- hazard drop_enum: dropping type `account_role` takes it from everything that still names it, programs of the release before among them
--   instead: if it was renamed, say `renamed_from = "account_role"` on the new one; otherwise drop it a release after its last column
DROP TYPE "account_role";
