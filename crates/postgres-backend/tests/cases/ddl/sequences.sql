CREATE SEQUENCE "plain";

CREATE SEQUENCE "down" INCREMENT BY -1;

CREATE SEQUENCE "odd"
    AS smallint
    INCREMENT BY 2
    MINVALUE 3
    MAXVALUE 99
    START WITH 7
    CACHE 5
    CYCLE;

CREATE SEQUENCE "t_id_seq" AS integer;

CREATE TABLE "t" (
    "id" integer NOT NULL DEFAULT nextval('t_id_seq'::regclass)
);

ALTER SEQUENCE "t_id_seq" OWNED BY "t"."id";

ALTER SEQUENCE "old" AS integer CACHE 9;
