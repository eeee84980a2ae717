ALTER TABLE "posts"
    DROP COLUMN "published",
    ALTER COLUMN "title" DROP NOT NULL,
    ALTER COLUMN "title" TYPE text,
    ADD COLUMN "content" text NOT NULL DEFAULT ''::text,
    ADD CONSTRAINT "posts_title_check" CHECK (length(title) > 3),
    ADD CONSTRAINT "posts_title_key" UNIQUE ("title", "author_id");
