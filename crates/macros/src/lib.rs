//! The macros of Limbeck: [`derive(Model)`](macro@Model), [`derive(PgEnum)`](macro@PgEnum),
//! [`bundle!`], [`migrator!`] and [`test`](macro@test). Programs name them through the crate `limbeck`.
//!
//! Each derive goes through three files, of which each sees only those before: `attr` (options as
//! typed, with their places), `model` (checked: every rule over two facts), `expand` (code; cannot
//! fail). All mistakes of a call are collected and reported together, in the order of the source,
//! and a stub stands in for what could not be made, so that nothing else of Limbeck's fails because of
//! them. What Diesel's own derives on the same struct ask of a `table!` cannot be made up: where the
//! type of a column could not be said, theirs fail beside ours.
//!
//! Nothing here knows SQL: what is written as SQL goes through as it was written, and Postgres is
//! asked what it means when models and a database are compared.

mod case;
mod derive_model;
mod migrator;
mod mistakes;
mod options;
mod pg_enum;
mod sql_name;
mod test_attribute;
mod tokens;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a struct a model: the metadata of a table, which is all that the struct states of it.
///
/// The struct has named fields and no generic parameters; every field is a column. The type of a
/// column comes from the trait `PgType` of the field's type, so that aliases and newtypes work, and
/// an `Option` may hold nulls. Deriving implements `limbeck::Model`, and registers the model with
/// the crate that it stands in, where `bundle!` and `migrator!` find it.
///
/// Options stand in `#[model(…)]`, any number of them in each, and in any number of attributes.
/// Fields are named by their Rust names, in options of the struct as well. SQL stands in quotes and
/// is not looked at before Postgres sees it.
///
/// # Required container attributes
///
/// None.
///
/// # Optional container attributes
///
/// * `#[model(table = "posts")]`: the name of the table. Otherwise the last part of
///   `#[diesel(table_name = …)]`, where the struct has that; otherwise the name of the struct in
///   snake case with an `s` behind it, as Diesel's own derives have it.
/// * `#[model(schema = "blog")]`: the schema that the table stands in. Otherwise the one that the
///   bundle is installed in.
/// * `#[model(renamed_from = "articles")]`: what the table was called before. May stay for good.
/// * `#[model(comment = "…")]`: the comment on the table. Doc comments are none.
/// * `#[model(unlogged)]`: the table is not written to the log.
/// * `#[model(primary_key(a, b))]`, `#[model(primary_key(columns(a, b), …))]`: the primary key, in
///   this order of columns. Takes `name = "…"`, `include(c)`, `deferrable`, `initially_deferred`.
/// * `#[model(unique(a, b))]`, `#[model(unique(columns(a, b), …))]`: a unique key. Takes what
///   `primary_key` takes, and `nulls_not_distinct`. May be repeated.
/// * `#[model(index(columns(a, b desc), …))]`: an index. An element is a column or `expr = "…"`,
///   with `asc`, `desc`, `nulls_first`, `nulls_last`, `opclass = "…"`, `collate = "…"` behind it,
///   between spaces. Takes `where = "…"`, `unique`, `method = "gin"`, `name = "…"`, `include(c)`,
///   `with(fillfactor = 70)`, `nulls_not_distinct`. May be repeated.
/// * `#[model(check = "a < b")]`, `#[model(check(expr = "a < b", …))]`: a check. Takes
///   `name = "…"`, `no_inherit`, `not_valid`. May be repeated.
/// * `#[model(exclude(elements(room with = "=", during with = "&&"), …))]`: an exclusion; elements
///   are those of an index, each with its operator. Takes `method = "…"` (otherwise `gist`),
///   `where = "…"`, `name = "…"`, `deferrable`, `initially_deferred`. May be repeated.
/// * `#[model(foreign_key(columns(a, b), references(User), …))]`: a foreign key of several columns.
///   `references` takes a model, or `references = "schema.table(x, y)"` a table that no model
///   states; `referenced(x, y)` names the columns there, otherwise its primary key is meant. Takes
///   `on_delete`, `on_update`, `match_full`, `deferrable`, `initially_deferred`, `not_valid`,
///   `name = "…"`. May be repeated.
/// * `#[model(diesel)]`: also writes the `diesel::table!` of the table, in the module that
///   `#[diesel(table_name = …)]` names, and asserts that Diesel can load every field from its
///   column. `joinable!` and `allow_tables_to_appear_in_same_query!` stay yours.
/// * `#[model(register = false)]`: keeps the model out of its crate's bundle, unless it is listed
///   there.
/// * `#[model(crate = "path")]`: where the crate `limbeck` is found, if not at `::limbeck`.
///
/// # Optional field attributes
///
/// * `#[model(primary_key)]`: the column belongs to the primary key, in the order of the fields.
/// * `#[model(identity)]`, `#[model(identity = always)]`, `#[model(identity(always, start = 100))]`:
///   an identity column, `by_default` unless it says `always`. Takes `start`, `increment`, `min`,
///   `max`, `cache`, `cycle`.
/// * `#[model(default = "now()")]`: the default, as SQL; numbers, `true` and `false` may stand
///   without quotes. A text needs SQL's own quotes in Rust's: `default = "'draft'"`.
/// * `#[model(generated = "a + b")]`: a stored column that is generated from this.
/// * `#[model(sql_type = "citext")]`: the type, whatever the Rust type says. That need not have a
///   `PgType` then, and its nullability is seen by the spelling `Option` alone. `serial`, `bigserial` and
///   `smallserial` are an integer with a default and a sequence that the column owns.
/// * `#[model(nullable)]`: the column may hold nulls, though the type is not spelled `Option`.
/// * `#[model(length = 200)]`: `varchar(200)`, for a `String`.
/// * `#[model(precision = 10, scale = 2)]`: `numeric(10,2)`, for a decimal.
/// * `#[model(unique)]`, `#[model(unique(…))]`: a unique key of this column, with the options of
///   the struct's `unique`.
/// * `#[model(index)]`, `#[model(index(…))]`: an index over this column, with the options of the
///   struct's `index` and those of an element.
/// * `#[model(check = "…")]`, `#[model(check(…))]`: as on the struct; only the name that Postgres
///   gives it differs.
/// * `#[model(references(User))]`, `#[model(references(User, column = id))]`,
///   `#[model(references = "users(id)")]`: a foreign key. Takes the options of the struct's
///   `foreign_key` behind the model.
/// * `#[model(on_delete = cascade)]`, `#[model(on_update = restrict)]`: what the foreign key of this
///   field does: `cascade`, `restrict`, `set_null`, `set_default`, `no_action`. `set_null` and
///   `set_default` of a deletion may name the columns that they set: `set_null(a)`.
/// * `#[model(column = "type")]`: the name of the column. Otherwise that of
///   `#[diesel(column_name = …)]`, otherwise the field's.
/// * `#[model(renamed_from = "mail")]`: what the column was called before. May stay for good.
/// * `#[model(collation = "C")]`: the collation, as it is named; with a schema or quotes, as SQL
///   writes it.
/// * `#[model(comment = "…")]`: the comment on the column.
/// * `#[model(skip)]`: the field is no column.
/// * `#[model(diesel_type = "Text")]`: what `table!` says of the column, for `diesel`. Types of
///   Diesel go by their bare names; any other path is seen from where the struct stands, or starts
///   with `crate` or `::`. Needed where neither the Rust type nor `sql_type` is a well-known one.
#[proc_macro_derive(Model, attributes(model))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    derive_model::derive(&parse_macro_input!(input)).into()
}

/// Makes an enum without fields an enum type of Postgres.
///
/// Implements `PgType`, so that the enum, an `Option` and a `Vec` of it can stand in models; and,
/// for Diesel, makes an SQL type and implements `ToSql`, `FromSql`, `AsExpression` and
/// `FromSqlRow`, so that they can stand in queries and rows. Diesel asks for `Debug` on the enum.
/// A value in the database that the enum lacks is an error that names it.
///
/// # Required container attributes
///
/// None.
///
/// # Optional container attributes
///
/// * `#[pg_enum(name = "post_status")]`: the name of the type. Otherwise the name of the enum in
///   snake case.
/// * `#[pg_enum(schema = "blog")]`: the schema that the type stands in. Otherwise the one that the
///   bundle is installed in.
/// * `#[pg_enum(renamed_from = "state")]`: what the type was called before. May stay for good.
/// * `#[pg_enum(comment = "…")]`: the comment on the type.
/// * `#[pg_enum(rename_all = "kebab-case")]`: how the values are written: `lowercase`, `UPPERCASE`,
///   `PascalCase`, `camelCase`, `snake_case` (otherwise), `SCREAMING_SNAKE_CASE`, `kebab-case`,
///   `SCREAMING-KEBAB-CASE`.
/// * `#[pg_enum(diesel_type = "MoodType")]`: the name of Diesel's SQL type, which stands beside the
///   enum. Otherwise the name of the enum with `Type` behind it.
/// * `#[pg_enum(diesel = false)]`: leaves Diesel out. `#[pg_enum(diesel = "path")]` says where Diesel
///   is found, if not at `::diesel`.
/// * `#[pg_enum(crate = "path")]`: where the crate `limbeck` is found, if not at `::limbeck`.
///
/// # Optional variant attributes
///
/// * `#[pg_enum(value = "in review")]`: how the value is written.
/// * `#[pg_enum(renamed_from = "review")]`: how it was written before. May stay for good.
#[proc_macro_derive(PgEnum, attributes(pg_enum))]
pub fn derive_pg_enum(input: TokenStream) -> TokenStream {
    pg_enum::derive(&parse_macro_input!(input)).into()
}

/// The bundle of the crate in which it is called: its models, and its revisions, which are read,
/// checked and hashed while the crate is compiled.
///
/// A directory that is not in order (a missing parent, a cycle, two heads that nothing merges, an
/// identifier twice, a folder without `up.sql` or that `HEADS` does not reach, a file that is not
/// UTF-8, a missing `HEADS`) is a compile error that names the file. A revision that is added, by a command or at
/// boot, is in `HEADS`, and so builds the crate again, as does every edited file. What cannot be
/// seen is a new file without a change of `HEADS`: a folder of a plain Diesel directory, which has
/// no such file, or a `down.sql` that was not there.
///
/// # Optional arguments
///
/// * `path = "migrations"`: the revision directory, seen from the folder of `Cargo.toml`. Otherwise
///   `directory` under `[revisions]` in `limbeck.toml` (or several there, of which the first has `HEADS`),
///   otherwise `migrations`.
/// * `no_migrations`: the crate has no revisions (yet), and no directory is looked for.
/// * `models = [Post, User]`: the models. Otherwise those that registered with the crate.
/// * `name = "accounts"`: the name of the bundle, which its history rows carry. Otherwise `bundle`
///   under `[revisions]` in `limbeck.toml`, otherwise the name of the package.
/// * `dependencies = [accounts::bundle()]`: the bundles that this one builds on.
/// * `crate = "path"`: where the crate `limbeck` is found, if not at `::limbeck`.
///
/// # What `limbeck.toml` says
///
/// The program and the installed `limbeck` read one file, so that they keep one history. It stands in
/// the folder of the crate; or above it, up to the root of the workspace, where `[models] package`
/// names this crate or `[revisions] directory` leads into it. An edit compiles the crate again.
///
/// Unless `bundle` under `[revisions]` names it, a bundle is called after the package around its
/// revisions: that of the nearest `Cargo.toml` at or above the directory, up to the folder of
/// `limbeck.toml`; where there is none, after `[models] package`. That key says whose program is asked,
/// and otherwise names nothing. `schema` under `[revisions]` is where the bundle is installed unless
/// the program says otherwise.
///
/// With `debug_assertions` the path of the directory goes into the bundle, so that a program under
/// development can write revisions; a release holds no path of the machine that built it.
#[proc_macro]
pub fn bundle(input: TokenStream) -> TokenStream {
    migrator::bundle(input.into()).into()
}

/// A migrator of the bundle that [`bundle!`] makes; takes the same arguments.
///
/// It notes whether your crate is compiled with `debug_assertions` and whether for its own tests: a
/// migrator generates on boot, where it was asked to, in debug builds alone.
#[proc_macro]
pub fn migrator(input: TokenStream) -> TokenStream {
    migrator::migrator(input.into()).into()
}

/// A test with a migrated database of its own (feature `testing` of `limbeck`).
///
/// The function takes any of `&mut PgConnection`, `&TestDatabase` and `TestDatabase`, and returns
/// nothing or a `Result`; an `async fn` takes `&mut AsyncPgConnection` in place of the first, and runs
/// on a `current_thread` runtime of tokio (feature `async`). The types go by their last names, so
/// that aliases are not understood. `#[ignore]`, `#[should_panic]` and other attributes work as on
/// any test.
///
/// Each test has its database for itself: it commits, opens other connections, and runs beside the
/// others, under `cargo test` and `cargo nextest`. The database is dropped when the test has passed;
/// that of a test that failed is kept for a while, and its URL printed.
///
/// # Required arguments
///
/// None.
///
/// # Optional arguments
///
/// * `migrator = blog::migrator()`: an expression of a `Migrator`, a `&Migrator`, or a `Result` of
///   one. Otherwise `limbeck::migrator!()`, expanded in the crate of the test, which embeds the
///   revisions once more for every test: in a crate with many tests, name a function.
/// * `models`: the tables are made from the models, and the revisions are not run.
/// * `schema`: a schema of its own in the one database of `LIMBECK_TEST_DATABASE_URL`, for a role
///   that may not create databases.
/// * `rollback`: a transaction in a shared database, which is rolled back, for a test that never
///   needs to see a commit.
/// * `fixtures("users.sql", "posts.sql")`: SQL that runs once, into the template; the paths are seen
///   from this file.
/// * `seed = path`: a function that is given a `&mut PgConnection` and runs once, into the template,
///   after the fixtures.
/// * `ready = 2`: that many databases are made ahead, in the background.
/// * `crate = "path"`: where the crate `limbeck` is found, if not at `::limbeck`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test_attribute::test(options.into(), item.into()).into()
}
