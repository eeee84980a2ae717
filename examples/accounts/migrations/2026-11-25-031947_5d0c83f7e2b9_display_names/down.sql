-- The way back.

-- hazard drop_column: dropping column `users.display_name` deletes what it holds in every row; the way down makes it again, empty
--   instead: if it was renamed, say `renamed_from = "display_name"` on the new one; otherwise stop reading it in one release and drop it in the next
ALTER TABLE "users" DROP COLUMN "display_name";
