-- The way back.

-- hazard drop_column: dropping column `users.display_name` deletes what it holds in every row; going up once more makes it again, empty
--   instead: copy what is to last before you go down, or stay above this revision
ALTER TABLE "users" DROP COLUMN "display_name";
