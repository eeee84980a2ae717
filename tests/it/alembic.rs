//! What users of Alembic ran into (the guide's page for those who come from there), and how they come over.

use crate::declared_sql::Declared;
use crate::project::Project;
use crate::support::TestDatabase;

/// Two schemas, what the way from the first to the second says, what it does not, and the consent that it wants.
struct Case {
    about: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static [&'static str],
    never: &'static [&'static str],
    consents: &'static [&'static str],
}

const CASE: Case = Case {
    about: "",
    from: "",
    to: "",
    says: &[],
    never: &[],
    consents: &[],
};

/// Each runs up, leaves no difference, comes back to the same catalog, and runs up again.
const CASES: &[Case] = &[
    Case {
        about: "tables go in an order in which they can",
        from: "CREATE TABLE a (id bigint PRIMARY KEY);
               CREATE TABLE z (id bigint PRIMARY KEY REFERENCES a);
               CREATE TABLE b (id bigint PRIMARY KEY REFERENCES z);",
        to: "",
        says: &["DROP TABLE \"b\"", "DROP TABLE \"z\"", "DROP TABLE \"a\""],
        never: &["CASCADE"],
        consents: &["drop_table:a", "drop_table:b", "drop_table:z"],
    },
    Case {
        about: "a cycle of foreign keys",
        to: "CREATE TABLE a (id bigint PRIMARY KEY, b bigint);
             CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a);
             ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;",
        says: &["ALTER TABLE \"a\"", "FOREIGN KEY (\"b\")"],
        ..CASE
    },
    Case {
        about: "the values of an enum",
        from: "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood DEFAULT 'ok');",
        to: "CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad'); CREATE TABLE t (m mood DEFAULT 'ok');",
        says: &["ADD VALUE 'glad'"],
        ..CASE
    },
    Case {
        about: "an enum comes with its column and goes with it",
        from: "CREATE TABLE t (id bigint);",
        to: "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id bigint, m mood);",
        says: &["CREATE TYPE", "ADD COLUMN \"m\""],
        ..CASE
    },
    Case {
        about: "another primary key",
        from: "CREATE TABLE t (a bigint NOT NULL, b bigint NOT NULL, PRIMARY KEY (a));",
        to: "CREATE TABLE t (a bigint NOT NULL, b bigint NOT NULL, PRIMARY KEY (a, b));",
        says: &["PRIMARY KEY (\"a\", \"b\")"],
        ..CASE
    },
    Case {
        about: "the attributes of keys",
        from: "CREATE TABLE r (a bigint, b bigint, UNIQUE (a, b));
               CREATE TABLE t (a bigint, b bigint,
                   CONSTRAINT k FOREIGN KEY (a, b) REFERENCES r (a, b), CONSTRAINT u UNIQUE (a, b));",
        to: "CREATE TABLE r (a bigint, b bigint, UNIQUE (a, b));
             CREATE TABLE t (a bigint, b bigint,
                 CONSTRAINT k FOREIGN KEY (a, b) REFERENCES r (a, b) MATCH FULL ON DELETE CASCADE,
                 CONSTRAINT u UNIQUE (b) INCLUDE (a) DEFERRABLE);",
        says: &["MATCH FULL", "ON DELETE CASCADE", "INCLUDE (\"a\")", "DEFERRABLE"],
        ..CASE
    },
    Case {
        about: "the attributes of indexes",
        from: "CREATE TABLE t (a text, b bigint); CREATE INDEX i ON t (a);",
        to: "CREATE TABLE t (a text, b bigint);
             CREATE INDEX i ON t USING btree (a text_pattern_ops DESC NULLS LAST, (b + 1)) INCLUDE (b)
             WITH (fillfactor = 70) WHERE b > 3;",
        says: &["text_pattern_ops", "DESC NULLS LAST", "INCLUDE (\"b\")", "fillfactor", "WHERE"],
        ..CASE
    },
    Case {
        about: "an exclusion, and what a check says",
        from: "CREATE TABLE t (p int4range, n int CONSTRAINT positive CHECK (n > 0));",
        to: "CREATE TABLE t (p int4range, n int CONSTRAINT positive CHECK (n > 1),
                 CONSTRAINT apart EXCLUDE USING gist (p WITH &&));",
        says: &["EXCLUDE USING gist", "n > 1"],
        ..CASE
    },
    Case {
        about: "modifiers and collations of types",
        from: "CREATE TABLE t (a varchar(50), b numeric(10, 2), c text, d interval, e timestamp(3));",
        to: "CREATE TABLE t (a varchar, b numeric(12, 4), c text COLLATE \"C\", d interval(2), e timestamp);",
        says: &["character varying", "numeric(12,4)", "COLLATE \"C\"", "interval(2)"],
        consents: &["narrow_type:t.d"],
        ..CASE
    },
    Case {
        about: "another type under a default that does not suit it",
        from: "CREATE TABLE t (n text DEFAULT '7');",
        to: "CREATE TABLE t (n integer DEFAULT 7);",
        says: &["DROP DEFAULT", "USING \"n\"::integer", "SET DEFAULT 7"],
        consents: &["cast_can_fail:t.n"],
        ..CASE
    },
    Case {
        about: "defaults that are hard to compare",
        from: "CREATE TABLE t (j json DEFAULT '{\"a\": 1}', p point DEFAULT '(1,2)', q text DEFAULT 'it''s',
                   k jsonb DEFAULT '{}');",
        to: "CREATE TABLE t (j json DEFAULT '{\"a\":   1}', p point DEFAULT '(1,2)'::point, q text DEFAULT 'it''s'::text,
                 k jsonb DEFAULT '[]');",
        says: &["\"k\" SET DEFAULT"],
        never: &["\"p\"", "\"q\""],
        ..CASE
    },
    Case {
        about: "a serial column becomes an identity",
        from: "CREATE TABLE t (id serial PRIMARY KEY);",
        to: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
        says: &["DROP DEFAULT", "ADD GENERATED ALWAYS AS IDENTITY", "DROP SEQUENCE"],
        ..CASE
    },
    Case {
        about: "an identity is another one",
        from: "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);",
        to: "CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY (INCREMENT 10) PRIMARY KEY);",
        says: &["SET GENERATED BY DEFAULT SET INCREMENT BY 10"],
        ..CASE
    },
    Case {
        about: "checks and keys without names",
        from: "CREATE TABLE t (a bigint);",
        to: "CREATE TABLE t (a bigint CHECK (a > 0) UNIQUE);",
        says: &["t_a_check", "t_a_key"],
        ..CASE
    },
    Case {
        about: "partitions, and tables in the schema that is looked at first",
        to: "CREATE TABLE public.p (id bigint, at date) PARTITION BY RANGE (at);
             CREATE TABLE public.p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
             CREATE TABLE public.r (id bigint PRIMARY KEY);
             CREATE TABLE public.f (r bigint REFERENCES public.r);",
        says: &["PARTITION OF"],
        ..CASE
    },
];

#[test]
fn what_they_ran_into_runs_and_comes_back() {
    for case in CASES {
        let Case {
            about,
            from,
            to,
            says,
            never,
            consents,
        } = case;
        println!("{about}");
        let declared = Declared::beside("none", &[("schema.sql", from)]);
        if !from.is_empty() {
            declared.generate();
        }
        declared.project.write("schema/schema.sql", to);
        let up = declared.generate_with(consents);
        for words in *says {
            assert!(up.contains(words), "{about}: {words}\n{up}");
        }
        for words in *never {
            assert!(!up.contains(words), "{about}: {words}\n{up}");
        }
    }
}

/// A database that Alembic migrated gets a history; a new one is made by the same revision.
#[test]
fn a_database_of_theirs_is_taken_over() {
    let theirs = TestDatabase::new();
    theirs.execute(
        "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL,
             CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
         INSERT INTO alembic_version VALUES ('ae1027a6acf');
         CREATE TABLE posts (content text, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL);
         INSERT INTO posts (title) VALUES ('first')",
    );
    let project = Project::new(&theirs.url());
    let empty = TestDatabase::new();
    let program = |arguments: &[&str]| project.program("one", arguments);
    program(&["check"]).exits(0).says(&[
        "note: the models state what this database has and no revision makes, so that every other one lacks it: \
         `table:public.posts`",
    ]);
    program(&["revision", "--autogenerate", "-m", "as it was"])
        .exits(1)
        .says(&["`table:public.posts`", "against an empty database"]);
    assert_eq!(project.revisions().len(), 0);
    let url = empty.url();
    let arguments = [
        "revision",
        "--autogenerate",
        "-m",
        "as it was",
        "--url",
        &url,
    ];
    program(&arguments).exits(0);
    // Theirs has the tables, and runs nothing.
    program(&["stamp", "head"]).exits(0);
    let check = program(&["check"]).exits(0);
    let notes: Vec<&str> = check.stderr.lines().collect();
    assert_eq!(
        notes,
        ["note: `table:public.alembic_version` is in the database alone: left as it is"],
        "its columns and its key go without saying"
    );
    let check = program(&["check", "--json"]).json();
    assert_eq!(check["clean"], serde_json::json!(true), "{check}");
    program(&["upgrade", "head"]).exits(0);
    assert_eq!(theirs.lines("SELECT title AS line FROM posts"), ["first"]);
    let new = TestDatabase::new();
    program(&["upgrade", "head", "--url", &new.url()]).exits(0);
    let tables =
        "SELECT count(*)::text AS line FROM pg_class WHERE relname IN ('posts', 'alembic_version')";
    assert_eq!(new.lines(tables), ["1"]);
}
