//! The checks of revisions, and upgrades with rows.

use diesel::connection::SimpleConnection;
use limbeck_core::schema::model::{ModelColumn, ModelTable, ModelType};
use limbeck_core::{Bundle, ErrorKind, SqlMigration};
use limbeck_postgres::Migrator;
use limbeck_postgres::testing::{Checks, Upgrading, check, fresh, upgrades};

use crate::run::{bundle, sql, three};

/// A revision that autogenerate wrote.
fn generated(mut migration: SqlMigration, objects: &[&str], consent: &[&str]) -> SqlMigration {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    migration.revision.generated = owned(objects);
    migration.revision.consent = owned(consent);
    migration
}

/// What a check says; nothing where all is well.
fn told(bundle: Bundle) -> String {
    match check(&Migrator::new(bundle)) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check_tells(bundle: Bundle, expected: &str) {
    assert_eq!(told(bundle), expected);
}

#[test]
fn revisions_that_are_well_pass() {
    check_tells(three(), "");
    check_tells(Bundle::new("empty"), "");
    // A fork that is merged again.
    check_tells(
        bundle([
            sql("a1", &[], "CREATE TABLE a (id int)", "DROP TABLE a"),
            sql("b2", &["a1"], "CREATE TABLE b (id int)", "DROP TABLE b"),
            sql(
                "c3",
                &["a1"],
                "ALTER TABLE a ADD c int",
                "ALTER TABLE a DROP c",
            ),
            sql(
                "d4",
                &["b2", "c3"],
                "CREATE TABLE d (id int)",
                "DROP TABLE d",
            ),
        ]),
        "",
    );
    // What goes outside of a transaction.
    check_tells(
        bundle([
            sql("a1", &[], "CREATE TABLE a (id int)", "DROP TABLE a"),
            sql(
                "b2",
                &["a1"],
                "CREATE INDEX CONCURRENTLY a_id ON a (id)",
                "DROP INDEX CONCURRENTLY a_id",
            ),
        ]),
        "",
    );
}

#[test]
fn schema_of_a_placement_is_no_revision_s() {
    let placed = |bundle: Bundle| bundle.in_schema("app").unwrap();
    check_tells(placed(three()), "");
    let mut history = Migrator::new(placed(three()));
    history = history.history_table("app", "steps").unwrap();
    check(&history).unwrap();
    // What else is made of it or in it is.
    check_tells(
        placed(bundle([sql(
            "a1",
            &[],
            "CREATE SCHEMA other; CREATE TABLE a (id int); COMMENT ON SCHEMA app IS 'mine'",
            "DROP SCHEMA other",
        )])),
        "revision `a1`: down does not lead back: table:app.a is left; column:app.a.id is left; \
         comment:schema:app is left",
    );
    // A library's, though the application has a table there as well.
    let mut library = placed(bundle([sql(
        "l1",
        &[],
        "CREATE TABLE l (id int)",
        "DROP TABLE l",
    )]));
    library.name = "library".to_owned();
    let own = generated(
        sql("a1", &[], "CREATE TABLE app.a (id int)", "DROP TABLE app.a"),
        &["table:app.a"],
        &[],
    );
    let mut own = bundle([own]);
    own.dependencies = vec![library];
    check_tells(own, "");
}

#[test]
fn extension_that_may_be_somebody_elses_may_stay() {
    let chain = |make: &str, down: &str| {
        let first = sql(
            "a1",
            &[],
            &format!("{make}; CREATE TABLE a (h ext.hstore)"),
            down,
        );
        let next = sql(
            "b2",
            &["a1"],
            "CREATE TABLE b (h ext.hstore)",
            "DROP TABLE b",
        );
        bundle([first, next]).in_schema("app").unwrap()
    };
    let schema = "CREATE SCHEMA IF NOT EXISTS ext";
    let make = format!("{schema}; CREATE EXTENSION IF NOT EXISTS hstore SCHEMA ext");
    check_tells(chain(&make, "DROP TABLE a"), "");
    check_tells(chain(&make, "DROP TABLE a; DROP EXTENSION hstore"), "");
    let within = |make: &str, down: &str| bundle([sql("a1", &[], make, down)]);
    check_tells(
        within("CREATE EXTENSION IF NOT EXISTS hstore", "SELECT 1"),
        "",
    );
    check_tells(
        within("CREATE EXTENSION hstore", "SELECT 1"),
        "revision `a1`: down does not lead back: extension:hstore is left",
    );
}

#[test]
fn what_other_bundles_build_on_it_is_no_hindrance() {
    let on = |mut migration: SqlMigration, needed: &str| {
        migration.revision.depends_on = vec![needed.parse().unwrap()];
        migration
    };
    let table = |name: &str, parents: &[&str], table: &str, under: &str| {
        let up = format!("CREATE TABLE {table} (id int PRIMARY KEY{under})");
        sql(name, parents, &up, &format!("DROP TABLE {table}"))
    };
    let first = || table("c1", &[], "c", "");
    let built = || on(table("l1", &[], "l", " REFERENCES c"), "app:c1");
    let both = |own: Vec<SqlMigration>, library: Vec<SqlMigration>| {
        let mut library = bundle(library);
        library.name = "library".to_owned();
        let mut own = bundle(own);
        own.dependencies = vec![library];
        own
    };
    check_tells(both(vec![first()], vec![built()]), "");
    // By turns, on a line and with a fork.
    let second = || on(table("c2", &["c1"], "d", " REFERENCES l"), "library:l1");
    let more = || on(table("l2", &["l1"], "m", " REFERENCES d"), "app:c2");
    check_tells(both(vec![first(), second()], vec![built(), more()]), "");
    let aside = table("c3", &["c1"], "e", "");
    let merged = table("c4", &["c2", "c3"], "f", "");
    check_tells(
        both(
            vec![first(), second(), aside, merged],
            vec![built(), more()],
        ),
        "",
    );
    // What is wrong is told all the same, on either side.
    let mut careless = second();
    careless.down = Some("SELECT 1".into());
    check_tells(
        both(vec![first(), careless], vec![built(), more()]),
        "revision `c2`: down does not lead back: table:public.d is left; column:public.d.id is \
         left; constraint:public.d.d_id_fkey is left; constraint:public.d.d_pkey is left",
    );
    let broken = on(sql("l1", &[], "SELECT 1/0", "SELECT 1"), "app:c1");
    let told = told(both(vec![first()], vec![broken]));
    assert!(
        told.starts_with("revision `c1` does not run") && told.contains("l1"),
        "{told}"
    );
}

#[test]
fn every_head_but_one_is_told() {
    let fork = bundle([
        sql("a1", &[], "CREATE TABLE a (id int)", "DROP TABLE a"),
        sql("b2", &["a1"], "CREATE TABLE b (id int)", "DROP TABLE b"),
        sql("c3", &["a1"], "CREATE TABLE c (id int)", "DROP TABLE c"),
    ]);
    let told = told(fork);
    assert!(
        told.contains("b2") && told.contains("c3") && told.contains("heads"),
        "{told}"
    );
}

#[test]
fn way_down_that_does_not_lead_back_is_told() {
    check_tells(
        bundle([
            sql("a1", &[], "CREATE TABLE a (id int)", "DROP TABLE a"),
            sql(
                "b2",
                &["a1"],
                "ALTER TABLE a ADD b int, ADD c int, ALTER id SET NOT NULL; CREATE VIEW v AS SELECT 1",
                "ALTER TABLE a DROP b",
            ),
            sql("c3", &["b2"], "CREATE TABLE c (id int)", "SELECT 1"),
        ]),
        "2 things are wrong with the revisions of `app`:\n  \
         revision `b2`: down does not lead back: column:public.a.c is left; column:public.a.id \
         differs (alter column public.a.id: null); view:public.v is left\n  \
         revision `c3`: down does not lead back: table:public.c is left; column:public.c.id is left",
    );
}

#[test]
fn way_down_that_is_missing_has_to_be_accepted() {
    let bundle = || {
        let mut last = sql("b2", &["a1"], "CREATE TABLE b (id int)", "");
        last.down = None;
        last.revision.message = "users".to_owned();
        bundle([
            sql("a1", &[], "CREATE TABLE a (id int)", "DROP TABLE a"),
            last,
        ])
    };
    check_tells(
        bundle(),
        "revision `b2` (users) has no way down; write its `down.sql`, or accept that with \
         `Checks::without_way_down(\"b2\")`",
    );
    let migrator = Migrator::new(bundle());
    Checks::new(&migrator).without_way_down("b2").run().unwrap();
    let error = Checks::new(&migrator)
        .without_way_down("b2")
        .without_way_down("a1")
        .without_way_down("zz")
        .run()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 things are wrong with the revisions of `app`:\n  \
         `without_way_down` names `zz`, which is no revision\n  \
         `without_way_down` names revision `a1`, which has a way down"
    );
}

#[test]
fn revision_that_does_not_run_is_told() {
    let told = told(bundle([
        sql("a1", &[], "CREATE TABLE a (id int)", "DROP TABLE a"),
        sql(
            "b2",
            &["a1"],
            "CREATE TABLE b (id int);\n\nSELECT 1/0",
            "DROP TABLE b",
        ),
        sql("c3", &["b2"], "CREATE TABLE c (id int)", "DROP TABLE c"),
    ]));
    for words in [
        "revision `b2` does not run at ",
        "up.sql:3:1",
        "division by zero",
    ] {
        assert!(told.contains(words), "{told}");
    }
    assert!(!told.contains("c3"), "{told}");
}

#[test]
fn models_and_the_end_of_the_chain_agree() {
    let place = limbeck_core::Location {
        file: "blog.rs".to_owned(),
        line: Some(1),
        column: None,
    };
    let mut model = ModelTable::new("Post", place, "posts");
    model.columns = ["title", "body"]
        .map(|name| ModelColumn::new(name, ModelType::Sql("text".to_owned())))
        .into();
    let of = |columns: &str| {
        let up = format!("CREATE TABLE posts ({columns})");
        let mut bundle = bundle([sql("a1", &[], &up, "DROP TABLE posts")]);
        bundle.models = vec![model.clone()];
        bundle
    };
    check_tells(of("title text NOT NULL, body text NOT NULL"), "");
    check_tells(
        of("title text NOT NULL"),
        "the models want what no revision makes: add column public.posts.body; generate one with \
         `limbeck revision --autogenerate`",
    );
}

#[test]
fn data_is_destroyed_with_consent_alone() {
    let first = || {
        generated(
            sql(
                "a1",
                &[],
                "CREATE TYPE mood AS ENUM ('sad', 'happy');
                 CREATE TABLE users (id int PRIMARY KEY, name text, mood mood, seen timestamp);
                 CREATE TABLE posts (id int PRIMARY KEY, title varchar(100))",
                "DROP TABLE users, posts; DROP TYPE mood",
            ),
            &["table:public.users", "table:public.posts"],
            &[],
        )
    };
    let then = |up: &str, down: &str, consent: &[&str]| {
        // Something that marks it as generated, whatever it consents to.
        let last = generated(
            sql("b2", &["a1"], up, down),
            &["table:public.other"],
            consent,
        );
        told(bundle([first(), last]))
    };
    let without = |told: &str, consent: &str| {
        assert!(
            told.contains("revision `b2` destroys data without consent"),
            "{told}"
        );
        assert!(
            told.contains(&format!("add `{consent}` to `consent`")),
            "{told}"
        );
    };
    let down = "CREATE TABLE posts (id int PRIMARY KEY, title varchar(100))";
    without(&then("DROP TABLE posts", down, &[]), "drop_table:posts");
    assert_eq!(then("DROP TABLE posts", down, &["drop_table:posts"]), "");
    assert_eq!(
        then("DROP TABLE posts", down, &["drop_table:public.posts"]),
        ""
    );
    without(
        &then("DROP TABLE posts", down, &["drop_table:users"]),
        "drop_table:posts",
    );
    without(
        &then(
            "ALTER TABLE posts DROP title",
            "ALTER TABLE posts ADD title varchar(100)",
            &[],
        ),
        "drop_column:posts.title",
    );
    without(
        &then(
            "ALTER TABLE users ALTER seen TYPE date",
            "ALTER TABLE users ALTER seen TYPE timestamp",
            &[],
        ),
        "narrow_type:users.seen",
    );
    // What can only fail loses nothing.
    let shorter = "ALTER TABLE posts ALTER title TYPE varchar(10)";
    assert_eq!(
        then(
            shorter,
            "ALTER TABLE posts ALTER title TYPE varchar(100)",
            &[]
        ),
        ""
    );
    // What is only renamed is not lost, whatever it is called.
    assert_eq!(
        then(
            "ALTER TABLE posts RENAME TO articles; ALTER TABLE articles RENAME title TO heading;
             ALTER TYPE mood RENAME TO feeling; ALTER TYPE feeling RENAME VALUE 'sad' TO 'blue'",
            "ALTER TABLE articles RENAME heading TO title; ALTER TABLE articles RENAME TO posts;
             ALTER TYPE feeling RENAME VALUE 'blue' TO 'sad'; ALTER TYPE feeling RENAME TO mood",
            &[],
        ),
        ""
    );
    // What is dropped and made again is lost, though it is called as before.
    without(
        &then(&format!("DROP TABLE posts; {down}"), "SELECT 1", &[]),
        "drop_table:posts",
    );
    without(
        &then(
            "ALTER TABLE users DROP name; ALTER TABLE users ADD name text",
            "SELECT 1",
            &[],
        ),
        "drop_column:users.name",
    );
    // A revision that was written by hand does as it likes.
    let by_hand = sql("b2", &["a1"], "DROP TABLE posts", down);
    check_tells(bundle([first(), by_hand]), "");
    // What is no consent is told.
    let told = then(
        "DROP TABLE posts",
        down,
        &["drop_tabel:posts", "drop_table:posts"],
    );
    assert_eq!(
        told,
        "`consent` of revision `b2`: there is no hazard `drop_tabel`"
    );
}

#[test]
fn upgrades_go_from_everywhere_with_rows() {
    let chain = |last: &str| {
        bundle([
            sql(
                "a1",
                &[],
                "CREATE TYPE mood AS ENUM ('sad', 'happy');
                 CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
                 CREATE TABLE users (
                     id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
                     email email NOT NULL UNIQUE, mood mood NOT NULL, moods mood[] NOT NULL,
                     born date NOT NULL, seen timestamptz NOT NULL, took interval NOT NULL,
                     score numeric(5,2) NOT NULL CHECK (score > 0), code char(3) NOT NULL UNIQUE,
                     settings jsonb NOT NULL, token uuid NOT NULL UNIQUE, data bytea NOT NULL,
                     address inet NOT NULL, active boolean NOT NULL, during tstzrange NOT NULL,
                     place point NOT NULL, full_name text GENERATED ALWAYS AS (lower(email)) STORED);
                 CREATE TABLE profiles (user_id bigint PRIMARY KEY REFERENCES users,
                     state text NOT NULL CHECK (state IN ('open', 'shut')));",
                "",
            ),
            sql(
                "b2",
                &["a1"],
                "CREATE TABLE posts (author bigint NOT NULL REFERENCES users, slug varchar(5) NOT NULL,
                     parent_author bigint, parent_slug varchar(5), PRIMARY KEY (author, slug),
                     FOREIGN KEY (parent_author, parent_slug) REFERENCES posts);
                 CREATE TABLE votes (author bigint, slug varchar(5), by bigint REFERENCES users,
                     PRIMARY KEY (author, slug, by), FOREIGN KEY (author, slug) REFERENCES posts);
                 CREATE TABLE odd (v int NOT NULL CHECK (v % 7919 = 5));
                 ALTER TABLE users ADD nick text",
                "",
            ),
            sql("c3", &["b2"], last, ""),
        ])
    };
    let good = "UPDATE users SET nick = email; ALTER TABLE users ALTER nick SET NOT NULL";
    let found = upgrades(&chain(good)).unwrap();
    assert_eq!(found.from.len(), 3);
    let empty: Vec<String> = found
        .empty
        .iter()
        .map(|it| format!("{} {}", it.revision, it.table))
        .collect();
    assert_eq!(empty, ["b2 public.odd", "c3 public.odd"], "{found}");
    assert!(
        found.to_string().contains("violates check constraint"),
        "{found}"
    );
    // Two of users and profiles each, then of posts and votes as well.
    assert_eq!(found.rows, 4 + 8 + 8);

    // What works for nobody who has rows.
    let error = upgrades(&chain(
        "ALTER TABLE users ALTER nick SET NOT NULL, ADD b int NOT NULL",
    ))
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Sql);
    assert_eq!(error.revision().map(|it| it.as_str()), Some("c3"));
    assert_eq!(
        error.to_string(),
        "a database at revision `a1` with rows in its tables cannot be upgraded"
    );
    assert!(
        format!("{error:?}").contains("contains null values"),
        "{error:?}"
    );
    // What depends on the rows that it finds.
    let error = upgrades(&chain(
        "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN CREATE TABLE late (id int); END IF; END $$",
    ))
    .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("becomes: table:public.late is left; column:public.late.id is left"),
        "{error}"
    );
}

/// A row holds each value of an enum: what takes one out fails as it does on a database in use.
#[test]
fn upgrades_meet_every_value_of_an_enum() {
    let first = "CREATE TYPE state AS ENUM ('new', 'running', 'done', 'failed');
        CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state state NOT NULL)";
    let chain = |rows: &str| {
        let last = format!(
            "{rows}; ALTER TYPE state RENAME TO old; CREATE TYPE state AS ENUM ('new', 'running', 'done');
             ALTER TABLE jobs ALTER state TYPE state USING state::text::state; DROP TYPE old"
        );
        bundle([sql("a1", &[], first, ""), sql("b2", &["a1"], &last, "")])
    };
    let error = upgrades(&chain("SELECT 1")).unwrap_err();
    assert_eq!(error.revision().map(|it| it.as_str()), Some("b2"));
    assert!(format!("{error:?}").contains("failed"), "{error:?}");
    let found = upgrades(&chain("DELETE FROM jobs WHERE state = 'failed'")).unwrap();
    assert_eq!(found.rows, 4 + 3, "{found}");
}

#[test]
fn upgrades_take_rows_that_nobody_could_guess() {
    let chain = |last: &str| {
        bundle(vec![
            sql(
                "a1",
                &[],
                "CREATE TABLE tenants (slug text PRIMARY KEY, color text NOT NULL CHECK (color ~ '^#[0-9a-f]{6}$'));
                 CREATE TABLE items (tenant text NOT NULL REFERENCES tenants)",
                "",
            ),
            sql("b2", &["a1"], "ALTER TABLE tenants RENAME slug TO name", ""),
            sql("c3", &["b2"], last, ""),
        ])
    };
    // An empty database would take anything: that is no answer.
    let broken = chain("ALTER TABLE items ADD note text NOT NULL");
    let error = upgrades(&broken).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no row could be guessed for any table"),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("rows_at")));
    let with_rows = |bundle| {
        Upgrading::of(bundle)
            .rows_at("a", "INSERT INTO tenants VALUES ('acme', '#00ff00')")
            .run()
    };
    let error = with_rows(&broken).unwrap_err();
    assert_eq!(error.revision().map(|it| it.as_str()), Some("c3"));

    // Those of a later revision are there from then on, and earlier ones went along.
    let found = with_rows(&chain("UPDATE tenants SET color = '#000000'")).unwrap();
    assert_eq!(
        (found.from.len(), &found.empty[..]),
        (3, &[][..]),
        "{found}"
    );
    let refused = Upgrading::of(&broken).rows_at("b2", "INSERT INTO tenants VALUES (1)");
    let error = refused.run().unwrap_err();
    assert_eq!(error.revision().map(|it| it.as_str()), Some("b2"));
    let unknown = Upgrading::of(&broken).rows_at("zz", "SELECT").run();
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Target);
}

#[test]
fn roles_are_the_servers() {
    let hint = "roles belong to the server, which test databases share";
    let role = format!("limbeck_check_{}", std::process::id());
    let chain = |make: &str, down: &str| {
        let up = format!("CREATE TABLE a (id int); {make}; GRANT SELECT ON a TO {role}");
        bundle([sql("a1", &[], &up, down)])
    };
    let make = format!("CREATE ROLE {role}");
    let careless = || chain(&make, "DROP TABLE a");
    let told = told(careless());
    assert!(
        told.contains(&format!("role \"{role}\" already exists")),
        "{told}"
    );
    assert!(told.contains(hint) && !told.contains("stamp"), "{told}");
    let of_upgrades = upgrades(&careless()).unwrap_err();
    let of_template = fresh(&Migrator::new(careless())).unwrap_err();
    for error in [of_upgrades, of_template] {
        let told = error.hint().unwrap_or_default();
        assert!(told.starts_with(hint), "{error:?}");
    }

    let good = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN {make}; END IF; END $$"
    );
    check_tells(chain(&good, "DROP TABLE a"), "");
    assert_eq!(
        upgrades(&chain(&good, "DROP TABLE a")).unwrap().from.len(),
        1
    );

    // Another database still needs it.
    let other = fresh(&Migrator::new(Bundle::new("empty"))).unwrap();
    let mut connection = other.connection().unwrap();
    let needs = format!("CREATE TABLE mine (id int); GRANT SELECT ON mine TO {role}");
    connection.batch_execute(&needs).unwrap();
    let told = self::told(chain(&good, &format!("DROP TABLE a; DROP ROLE {role}")));
    assert!(
        told.contains("cannot be dropped because some objects depend"),
        "{told}"
    );
    assert!(told.contains(hint), "{told}");
    connection
        .batch_execute(&format!("DROP TABLE mine; DROP ROLE {role}"))
        .unwrap();
}
