-- The way back.

-- hazard drop_table: dropping table `comments` deletes all its rows; the way down makes it again, empty
--   instead: if it was renamed, say `renamed_from = "comments"` on the new one; otherwise stop using it in one release and drop it in a later one
DROP TABLE "comments";

-- hazard drop_table: dropping table `votes` deletes all its rows; the way down makes it again, empty
--   instead: if it was renamed, say `renamed_from = "votes"` on the new one; otherwise stop using it in one release and drop it in a later one
DROP TABLE "votes";

-- hazard drop_enum: dropping type `vote_kind` takes it from everything that still names it, programs of the release before among them
--   instead: if it was renamed, say `renamed_from = "vote_kind"` on the new one; otherwise drop it a release after its last column
DROP TYPE "vote_kind";
