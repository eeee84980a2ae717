-- sessions
-- Generated from the models. Read it before you apply it.

CREATE TABLE "sessions" (
    "token" text NOT NULL,
    "user_id" bigint NOT NULL,
    "expires_at" timestamp with time zone NOT NULL,
    CONSTRAINT "sessions_pkey" PRIMARY KEY ("token"),
    CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE INDEX "sessions_user_id_idx" ON "sessions" ("user_id");
