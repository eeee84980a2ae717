-- display names
-- Generated from the models. Read it before you apply it.

ALTER TABLE "users" ADD COLUMN "display_name" text;
