CREATE TABLE "users" (
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "posts" (
    "id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    "author_id" bigint NOT NULL,
    "title" character varying(200) NOT NULL,
    "published" boolean NOT NULL DEFAULT false,
    CONSTRAINT "posts_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "posts_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
