-- The way back.

-- hazard drop_table: dropping table `posts` deletes all its rows; the way down makes it again, empty
--   instead: if it was renamed, say `renamed_from = "posts"` on the new one; otherwise stop using it in one release and drop it in a later one
DROP TABLE "posts";
