//! Models from one state to the next: up makes what they say, down takes it back.

use std::collections::BTreeSet;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use limbeck_core::schema::diff::{Renames, diff, diff_back};
use limbeck_core::schema::lower::lower;
use limbeck_core::schema::model::{
    ModelCheck, ModelColumn, ModelEnum, ModelEnumValue, ModelForeignKey, ModelIdentity, ModelIndex,
    ModelIndexElement, ModelIndexKey, ModelKey, ModelTable, ModelType,
};
use limbeck_core::schema::object::table::Persistence;
use limbeck_core::schema::object::{
    Action, Deferrable, IdentityMode, MatchType, NullsOrder, SortOrder,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::overlay::{Base, made, overlay};
use limbeck_core::{Ident, Location, ObjectId, Result};
use limbeck_postgres::canonical::canonicalize;
use limbeck_postgres::introspect::{Introspection, Scope, introspect};
use limbeck_postgres::scratch::{self, Scratch, ScratchSource};
use limbeck_postgres::{Context, Naming, render, script};

use crate::support::{TestDatabase, server, servers};

/// A database with a chain of generated revisions behind it.
struct Story {
    conn: PgConnection,
    base: Base,
}

struct Revision {
    operations: Vec<Operation>,
    up: String,
    down: String,
}

impl Story {
    fn live(&mut self) -> Introspection {
        introspect(&mut self.conn, &Scope::all()).unwrap()
    }

    fn compare(&mut self, models: &[ModelTable]) -> Revision {
        let public = Ident::new("public").unwrap();
        let live = self.live().schema;
        let declared = lower(models, &public).unwrap();
        let declared =
            canonicalize(&mut self.conn, &declared, &live, &mut scratch_on_server).unwrap();
        let desired = overlay(&live, Some(&self.base), &declared);
        let naming = Naming::within(public);
        let operations = diff(&live, &desired, &declared.renames);
        let reverse = diff_back(&live, &desired, &declared.renames);
        let sql = |operations: &[Operation], from, to| {
            let naming = &naming;
            script(&render(operations, &Context { from, to, naming }), &[], "")
        };
        Revision {
            up: sql(&operations, &live, &desired),
            down: sql(&reverse, &desired, &live),
            operations,
        }
    }

    fn run(&mut self, sql: &str) {
        self.conn
            .batch_execute(&format!("SET LOCAL search_path = public; {sql}"))
            .unwrap_or_else(|error| panic!("{error}:\n{sql}"));
    }

    /// Goes to the next state, back, and there again.
    fn step(&mut self, models: &[ModelTable]) -> Vec<String> {
        let before = self.live();
        let Revision {
            operations,
            up,
            down,
        } = self.compare(models);
        self.run(&up);
        let again = self.compare(models);
        assert_eq!(again.operations, [], "after\n{up}");
        let after = self.live();
        self.run(&down);
        assert_eq!(self.live().schema, before.schema, "after\n{down}");
        self.run(&up);
        assert_eq!(self.live().schema, after.schema, "after\n{up}");

        self.base.schema = after.schema;
        let made = made(&operations, &self.base.generated);
        self.base.generated.extend(made);
        operations.iter().map(ToString::to_string).collect()
    }
}

fn scratch_on_server() -> Result<Scratch> {
    let source = ScratchSource {
        url: Some(server().url("postgres")),
        throwaway: false,
    };
    scratch::open(&source, Some(server().major()))
}

fn place() -> Location {
    Location {
        file: "src/models.rs".to_owned(),
        line: Some(3),
        column: None,
    }
}

fn column(name: &str, sql_type: &str) -> ModelColumn {
    ModelColumn::new(name, ModelType::Sql(sql_type.to_owned()))
}

fn identity(name: &str) -> ModelColumn {
    ModelColumn {
        identity: Some(ModelIdentity::new(IdentityMode::ByDefault)),
        ..column(name, "bigint")
    }
}

fn with_default(column: ModelColumn, text: &str) -> ModelColumn {
    ModelColumn {
        default: Some(text.to_owned()),
        ..column
    }
}

fn key(columns: &[&str]) -> ModelKey {
    ModelKey {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        ..ModelKey::default()
    }
}

fn reference(column: &str, table: &str) -> ModelForeignKey {
    ModelForeignKey {
        name: None,
        columns: vec![column.to_owned()],
        references_schema: None,
        references_model: None,
        references: table.to_owned(),
        referenced_columns: Vec::new(),
        match_type: MatchType::Simple,
        on_update: Action::NoAction,
        on_delete: Action::Cascade,
        on_delete_columns: Vec::new(),
        deferrable: Deferrable::NotDeferrable,
        not_valid: false,
    }
}

fn check(text: &str) -> ModelCheck {
    ModelCheck {
        name: None,
        column: None,
        expression: text.to_owned(),
        no_inherit: false,
        not_valid: false,
    }
}

fn index(elements: Vec<ModelIndexElement>, predicate: Option<&str>) -> ModelIndex {
    ModelIndex {
        name: None,
        unique: false,
        method: "btree".to_owned(),
        elements,
        include: Vec::new(),
        predicate: predicate.map(str::to_owned),
        nulls_not_distinct: false,
        storage: Vec::new(),
    }
}

fn kind(values: &[&str]) -> ModelType {
    ModelType::Enum(ModelEnum {
        rust_name: "blog::Kind".to_owned(),
        location: place(),
        schema: None,
        name: "kind".to_owned(),
        renamed_from: None,
        values: values
            .iter()
            .map(|value| ModelEnumValue {
                value: (*value).to_owned(),
                renamed_from: None,
            })
            .collect(),
        comment: Some("What a vote says".to_owned()),
    })
}

pub(crate) fn users() -> ModelTable {
    ModelTable {
        columns: vec![
            identity("id"),
            column("email", "varchar(200)"),
            with_default(column("created", "timestamptz"), "CURRENT_TIMESTAMP"),
        ],
        primary_key: Some(key(&["id"])),
        uniques: vec![key(&["email"])],
        checks: vec![check("email LIKE '%@%'")],
        indexes: vec![index(
            vec![ModelIndexElement {
                key: ModelIndexKey::Expression("lower(email)".to_owned()),
                ..ModelIndexElement::column("")
            }],
            None,
        )],
        comment: Some("Who writes".to_owned()),
        ..ModelTable::new("blog::User", place(), "users")
    }
}

pub(crate) fn posts() -> ModelTable {
    ModelTable {
        columns: vec![
            identity("id"),
            column("author", "int8"),
            with_default(column("title", "varchar(100)"), "''"),
            with_default(column("published", "bool"), "FALSE"),
            with_default(column("tags", "text[]"), "'{}'"),
            with_default(column("price", "decimal(10, 2)"), "0"),
        ],
        primary_key: Some(key(&["id"])),
        foreign_keys: vec![reference("author", "users")],
        checks: vec![check("price >= 0"), check("title IN ('', 'a', 'b')")],
        indexes: vec![index(
            vec![ModelIndexElement {
                order: SortOrder::Descending,
                nulls: NullsOrder::Reversed,
                ..ModelIndexElement::column("title")
            }],
            Some("published"),
        )],
        ..ModelTable::new("blog::Post", place(), "posts")
    }
}

pub(crate) fn votes(values: &[&str], default: &str) -> ModelTable {
    ModelTable {
        columns: vec![
            column("user", "bigint"),
            column("post", "bigint"),
            ModelColumn {
                sql_type: kind(values),
                ..with_default(column("kind", ""), default)
            },
        ],
        primary_key: Some(key(&["user", "post"])),
        foreign_keys: vec![reference("user", "users"), reference("post", "posts")],
        checks: vec![check("kind <> 'down' OR post > 0")],
        ..ModelTable::new("blog::Vote", place(), "votes")
    }
}

#[test]
fn what_is_said_of_a_constraint_that_refuses_nulls_is_left_alone() {
    for server in servers().iter().filter(|server| server.major() >= 18) {
        let database = TestDatabase::on(server);
        let mut story = Story {
            conn: database.connect(),
            base: Base::default(),
        };
        story.run(
            "CREATE TABLE notes (a integer CONSTRAINT x NOT NULL NO INHERIT, b integer NOT NULL, c integer, d integer
                 CONSTRAINT gone NOT NULL);
             ALTER TABLE notes ADD CONSTRAINT y NOT NULL c NOT VALID;
             COMMENT ON CONSTRAINT y ON notes IS 'later'",
        );
        let nullable = |column: ModelColumn| ModelColumn {
            nullable: true,
            ..column
        };
        let notes = |d: ModelColumn| ModelTable {
            columns: vec![
                column("a", "int"),
                column("b", "int"),
                column("c", "int"),
                d,
            ],
            ..ModelTable::new("blog::Note", place(), "notes")
        };
        let told = story.step(&[notes(nullable(column("d", "int")))]);
        assert_eq!(told, ["alter column public.notes.d: null"]);
        let renamed = ModelTable {
            table: "remarks".to_owned(),
            renamed_from: Some("notes".to_owned()),
            ..notes(nullable(column("d", "int")))
        };
        let told = story.step(std::slice::from_ref(&renamed));
        assert_eq!(told.len(), 1, "{told:?}");
        let told = story.step(&[renamed]);
        assert_eq!(told, [""; 0]);
    }
}

#[test]
fn heirs_that_somebody_made_follow_the_columns_of_their_parent() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut story = Story {
            conn: database.connect(),
            base: Base::default(),
        };
        let notes = |columns: Vec<ModelColumn>| ModelTable {
            columns,
            ..ModelTable::new("blog::Note", place(), "notes")
        };
        let nullable = |column: ModelColumn| ModelColumn {
            nullable: true,
            ..column
        };
        story.step(&[notes(vec![
            column("a", "int"),
            nullable(column("b", "int")),
            with_default(column("c", "text"), "'x'"),
            column("d", "int"),
        ])]);
        story.run(
            "CREATE TABLE h () INHERITS (notes);
             CREATE TABLE own (e text) INHERITS (notes);
             CREATE TABLE g () INHERITS (h)",
        );
        story.step(&[notes(vec![
            column("a", "bigint"),
            column("b", "int"),
            with_default(column("c", "varchar(20)"), "'y'"),
            nullable(column("d", "int")),
        ])]);
        for heir in ["h", "own", "g"] {
            let read = format!(
                "SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull,
                     pg_get_expr(adbin, adrelid)), ', ' ORDER BY attname) AS text
                 FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                 WHERE attnum > 0 AND attname <> 'e' AND attrelid = 'public.{heir}'::regclass"
            );
            assert_eq!(
                crate::ddl::answer(&mut story.conn, &read),
                "a bigint t, b integer t, c character varying(20) t 'y'::character varying, d integer f",
                "{heir} on {}",
                server.major()
            );
        }
        let mut columns = vec![
            column("a", "bigint"),
            column("b", "int"),
            with_default(column("c", "varchar(20)"), "'y'"),
            nullable(column("d", "int")),
        ];
        // What an heir says otherwise it goes on saying.
        story.run("ALTER TABLE own ALTER c SET DEFAULT 'mine'");
        columns[2] = with_default(column("c", "varchar(20)"), "'z'");
        story.step(&[notes(columns)]);
        let default = "SELECT pg_get_expr(adbin, adrelid) AS text FROM pg_attrdef
                       JOIN pg_attribute ON adrelid = attrelid AND adnum = attnum
                       WHERE attname = 'c' AND attrelid = 'public.own'::regclass";
        assert!(crate::ddl::answer(&mut story.conn, default).starts_with("'mine'"));
    }
}

#[test]
fn models_grow_and_change_and_go() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut story = Story {
            conn: database.connect(),
            base: Base::default(),
        };
        assert!(!story.step(&[users()]).is_empty());
        assert!(!story.step(&[users(), posts()]).is_empty());
        let values = ["up", "down"];
        assert!(
            !story
                .step(&[users(), posts(), votes(&values, "'up'")])
                .is_empty()
        );
        let nothing: [String; 0] = [];
        let same = [users(), posts(), votes(&values, "'up'")];
        assert_eq!(story.step(&same), nothing);

        // Somebody else's objects are left alone, whatever the models say.
        story.run(
            "CREATE INDEX theirs ON posts (price); ALTER TABLE posts ADD CONSTRAINT theirs
             CHECK (price < 1000000); COMMENT ON COLUMN posts.price IS 'theirs'; GRANT SELECT ON posts
             TO PUBLIC; CREATE VIEW published AS SELECT title FROM posts WHERE published",
        );
        assert_eq!(story.step(&same), nothing);

        // A column more, one under another name, another default, another check, an index less.
        let changed = ModelTable {
            columns: vec![
                identity("id"),
                column("author", "int8"),
                ModelColumn {
                    renamed_from: Some("title".to_owned()),
                    ..with_default(column("headline", "varchar(100)"), "'a'")
                },
                with_default(column("published", "bool"), "FALSE"),
                with_default(column("tags", "text[]"), "'{}'"),
                with_default(column("price", "decimal(10, 2)"), "0"),
                ModelColumn {
                    nullable: true,
                    ..column("body", "text")
                },
            ],
            checks: vec![check("price > 0.5"), check("headline IN ('', 'a', 'b')")],
            indexes: Vec::new(),
            ..posts()
        };
        let steps = story.step(&[users(), changed.clone(), votes(&values, "'up'")]);
        assert!(
            steps.iter().any(|step| step.contains("rename")),
            "{steps:#?}"
        );
        assert!(
            !steps.iter().any(|step| step.contains("theirs")),
            "{steps:#?}"
        );

        // A model less.
        assert!(!story.step(&[users(), changed]).is_empty());
    }
}

#[test]
fn options_that_are_no_longer_said_go_back_to_what_postgres_takes() {
    let plain = ModelTable {
        columns: vec![identity("id"), column("tags", "text[]")],
        primary_key: Some(key(&["id"])),
        indexes: vec![
            index(vec![ModelIndexElement::column("tags")], None),
            ModelIndex {
                method: "gin".to_owned(),
                name: Some("by_tag".to_owned()),
                ..index(vec![ModelIndexElement::column("tags")], None)
            },
        ],
        ..ModelTable::new("blog::Note", place(), "notes")
    };
    let mut said = plain.clone();
    said.persistence = Some(Persistence::Unlogged);
    let stated = ModelIdentity::new(IdentityMode::ByDefault);
    said.columns[0].identity = Some(ModelIdentity {
        start: Some(10),
        increment: Some(2),
        max: Some(5000),
        cache: Some(5),
        cycle: Some(true),
        ..stated
    });
    said.indexes[0].storage = vec![("fillfactor".to_owned(), "70".to_owned())];
    said.indexes[1].storage = vec![("fastupdate".to_owned(), "off".to_owned())];
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut story = Story {
            conn: database.connect(),
            base: Base::default(),
        };
        story.step(std::slice::from_ref(&plain));
        let made = story.live().schema;
        assert_eq!(story.step(std::slice::from_ref(&said)).len(), 4);
        assert_eq!(story.step(std::slice::from_ref(&plain)).len(), 4);
        assert_eq!(story.live().schema, made);

        // What somebody changed since stays.
        story.step(std::slice::from_ref(&said));
        story.run(
            "ALTER TABLE notes ALTER id SET CACHE 50;
             ALTER INDEX notes_tags_idx SET (fillfactor = 60, deduplicate_items = off)",
        );
        story.step(std::slice::from_ref(&plain));
        let live = story.live().schema;
        let differs: Vec<String> = diff(&made, &live, &Renames::default())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            differs,
            [
                "alter column public.notes.id: identity options",
                "alter index public.notes_tags_idx: storage parameters"
            ]
        );
    }
}

#[test]
fn an_enum_value_is_added_and_used() {
    let database = TestDatabase::new();
    let mut story = Story {
        conn: database.connect(),
        base: Base::default(),
    };
    story.step(&[users(), posts(), votes(&["up", "down"], "'up'")]);
    let models = [users(), posts(), votes(&["up", "down", "meh"], "'up'")];
    let Revision { operations, up, .. } = story.compare(&models);
    let ids: Vec<String> = operations
        .iter()
        .map(|operation| operation.id().to_string())
        .collect();
    assert_eq!(ids, ["enum:public.kind"]);
    story.run(&up);
    assert_eq!(story.compare(&models).operations, []);
}

#[test]
fn without_a_base_nothing_is_dropped() {
    let database = TestDatabase::new();
    let mut story = Story {
        conn: database.connect(),
        base: Base::default(),
    };
    story.step(&[users(), posts()]);
    story.base = Base::default();
    let fewer = ModelTable {
        indexes: Vec::new(),
        ..users()
    };
    let drops = |operations: &[Operation]| -> BTreeSet<ObjectId> {
        operations
            .iter()
            .filter(|operation| matches!(operation, Operation::Drop { .. }))
            .map(|operation| operation.id().clone())
            .collect()
    };
    assert_eq!(drops(&story.compare(&[fewer]).operations), BTreeSet::new());
}

#[test]
fn what_models_have_no_words_for_is_left_alone() {
    for server in servers() {
        let database = TestDatabase::on(&server);
        let mut story = Story {
            conn: database.connect(),
            base: Base::default(),
        };
        let models = |values: &[&str]| [users(), posts(), votes(values, "'up'")];
        story.step(&models(&["up", "down", "meh"]));
        story.run(
            "CREATE EXTENSION hstore;
             CREATE DOMAIN theirs_domain AS kind DEFAULT 'up' CHECK (VALUE <> 'down');
             COMMENT ON CONSTRAINT theirs_domain_check ON DOMAIN theirs_domain IS 'not down';
             CREATE TYPE theirs_type AS (a kind, b theirs_domain);
             CREATE TYPE theirs_range AS RANGE (subtype = kind);
             CREATE COLLATION theirs_collation (provider = icu, locale = 'de');
             CREATE TABLE theirs (a theirs_domain, b theirs_type, c hstore, d text COLLATE theirs_collation);
             INSERT INTO theirs VALUES ('up', ROW('down', 'up'), '', 'd');
             CREATE TABLE theirs_too OF theirs_type;
             CREATE STATISTICS theirs_statistics ON author, title FROM posts;
             ALTER STATISTICS theirs_statistics SET STATISTICS 7;
             ALTER TABLE posts SET (fillfactor = 70, toast.autovacuum_enabled = off);
             ALTER TABLE posts ALTER title SET STORAGE EXTERNAL, ALTER title SET STATISTICS 9,
                 ALTER price SET (n_distinct = 5), REPLICA IDENTITY FULL;
             ALTER TABLE users CLUSTER ON users_pkey, REPLICA IDENTITY USING INDEX users_pkey;
             ALTER INDEX users_pkey SET (fillfactor = 60);
             ALTER INDEX users_lower_idx ALTER COLUMN 1 SET STATISTICS 11",
        );
        let nothing: [String; 0] = [];
        assert_eq!(story.step(&models(&["up", "down", "meh"])), nothing);

        // A value goes from under them: what is theirs goes over to the new type, and stays theirs.
        let before = story.live().schema;
        let steps = story.step(&models(&["down", "up"]));
        assert!(
            steps.iter().any(|step| step.contains("kind_old")),
            "{steps:#?}"
        );
        let after = story.live().schema;
        for (id, object) in &before.objects {
            if id.to_string().contains("theirs") {
                assert_eq!(after.get(id), Some(object), "{id}");
            }
        }
        assert_eq!(story.step(&models(&["down", "up"])), nothing);
    }
}
