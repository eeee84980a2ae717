//! What models become, and what is said of their mistakes.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use crate::error::Location;
use crate::name::QualifiedName;
use crate::schema::Schema;
use crate::schema::lower::{Declared, DeclaredObject, lower};
use crate::schema::model::{
    ModelCheck, ModelColumn, ModelEnum, ModelEnumValue, ModelExclude, ModelForeignKey,
    ModelIdentity, ModelIndex, ModelIndexElement, ModelIndexKey, ModelKey, ModelTable, ModelType,
};
use crate::schema::object::{
    Action, Constraint, ConstraintKind, Deferrable, IdentityMode, MatchType, ObjectId, SqlType,
};
use crate::schema::overlay::overlay;
use crate::schema::testing::{id, ident, lawful};

fn at(line: u32) -> Location {
    Location {
        file: "src/models.rs".to_owned(),
        line: Some(line),
        column: None,
    }
}

fn sql(name: &str) -> ModelType {
    ModelType::Sql(name.to_owned())
}

/// A table of `bigint` columns of which the first is its primary key.
fn table(name: &str, columns: &[&str]) -> ModelTable {
    let mut table = ModelTable::new(format!("blog::{name}"), at(1), name);
    table.columns = columns
        .iter()
        .map(|column| ModelColumn::new(*column, sql("bigint")))
        .collect();
    table.primary_key = Some(key(&columns[..1]));
    table
}

fn key(columns: &[&str]) -> ModelKey {
    ModelKey {
        columns: owned(columns),
        ..ModelKey::default()
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn foreign_key(columns: &[&str], references: &str, referenced: &[&str]) -> ModelForeignKey {
    ModelForeignKey {
        name: None,
        columns: owned(columns),
        references_schema: None,
        references_model: None,
        references: references.to_owned(),
        referenced_columns: owned(referenced),
        match_type: MatchType::Simple,
        on_update: Action::NoAction,
        on_delete: Action::NoAction,
        on_delete_columns: Vec::new(),
        deferrable: Deferrable::NotDeferrable,
        not_valid: false,
    }
}

fn check_of(column: Option<&str>, expression: &str) -> ModelCheck {
    ModelCheck {
        name: None,
        column: column.map(str::to_owned),
        expression: expression.to_owned(),
        no_inherit: false,
        not_valid: false,
    }
}

fn index(elements: &[ModelIndexElement]) -> ModelIndex {
    ModelIndex {
        name: None,
        unique: false,
        method: "btree".to_owned(),
        elements: elements.to_vec(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        storage: Vec::new(),
    }
}

fn over(column: &str) -> ModelIndexElement {
    ModelIndexElement::column(column)
}

fn expression(text: &str) -> ModelIndexElement {
    let key = ModelIndexKey::Expression(text.to_owned());
    ModelIndexElement {
        key,
        ..ModelIndexElement::column("unused")
    }
}

fn mood(values: &[&str]) -> ModelEnum {
    ModelEnum {
        rust_name: "blog::Mood".to_owned(),
        location: at(9),
        schema: None,
        name: "mood".to_owned(),
        renamed_from: None,
        values: values
            .iter()
            .map(|value| ModelEnumValue {
                value: (*value).to_owned(),
                renamed_from: None,
            })
            .collect(),
        comment: None,
    }
}

#[track_caller]
fn lowered(models: &[ModelTable]) -> Declared {
    lower(models, &ident("public")).unwrap()
}

/// The identities of the declared constraints and indexes.
#[track_caller]
fn check_names(models: &[ModelTable], expected: &[&str]) {
    let declared = lowered(models);
    let mut names: Vec<String> = declared
        .objects
        .keys()
        .filter(|id| matches!(id, ObjectId::Constraint { .. } | ObjectId::Index(_)))
        .filter(|id| !id.to_string().ends_with("_pkey"))
        .map(ToString::to_string)
        .collect();
    names.sort();
    assert_eq!(names, expected);
}

/// The whole text of the error.
#[track_caller]
fn check_mistakes(models: &[ModelTable], expected: &str) {
    let error = lower(models, &ident("public")).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let reversed: Vec<ModelTable> = models.iter().rev().cloned().collect();
    assert!(lower(&reversed, &ident("public")).is_err());
}

#[track_caller]
fn column(declared: &Declared, column: &str) -> (SqlType, bool) {
    match &declared.objects[&id(&format!("column:{column}"))] {
        DeclaredObject::Column(column) => (column.sql_type.clone(), column.nullable),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn constraint(declared: &Declared, constraint: &str) -> Constraint {
    match &declared.objects[&id(&format!("constraint:{constraint}"))] {
        DeclaredObject::Constraint(declared) => declared.constraint.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tables_stand_where_they_say_or_in_the_placement() {
    let mut stated = table("posts", &["id"]);
    stated.schema = Some("blog".to_owned());
    let declared = lower(&[stated, table("users", &["id"])], &ident("auth")).unwrap();
    let ids: Vec<String> = declared.objects.keys().map(ToString::to_string).collect();
    assert_eq!(
        ids,
        [
            "schema:auth",
            "schema:blog",
            "table:auth.users",
            "table:blog.posts",
            "column:auth.users.id",
            "column:blog.posts.id",
            "constraint:auth.users.users_pkey",
            "constraint:blog.posts.posts_pkey",
        ]
    );
    assert_eq!(
        declared.origins[&id("column:blog.posts.id")],
        "`blog::posts` (src/models.rs:1)"
    );
}

#[test]
fn names_are_derived_as_postgres_derives_them() {
    let mut posts = table("posts", &["id", "title", "author", "area"]);
    posts.uniques = vec![key(&["title"]), key(&["author", "title"])];
    posts.uniques[1].include = owned(&["area"]);
    posts.foreign_keys = vec![
        foreign_key(&["author"], "posts", &[]),
        foreign_key(&["author", "title"], "posts", &["author", "title"]),
    ];
    posts.checks = vec![
        check_of(Some("title"), "title <> 0"),
        check_of(None, "id > 0"),
        check_of(None, "id < 9"),
    ];
    posts.excludes = vec![ModelExclude {
        name: None,
        method: "gist".to_owned(),
        elements: vec![
            (over("area"), "&&".to_owned()),
            (expression("id + 1"), "=".to_owned()),
        ],
        predicate: None,
        deferrable: Deferrable::NotDeferrable,
    }];
    posts.indexes = vec![
        index(&[over("title")]),
        index(&[over("title"), over("author")]),
        index(&[expression("id + 1")]),
        index(&[expression("id + 1"), expression("id + 2"), over("title")]),
        index(&[expression("lower(title)")]),
        index(&[over("title")]),
    ];
    posts.indexes[1].include = owned(&["area"]);
    posts.indexes[5].predicate = Some("id > 0".to_owned());
    check_names(
        &[posts],
        &[
            "constraint:public.posts.posts_area_expr_excl",
            "constraint:public.posts.posts_author_fkey",
            "constraint:public.posts.posts_author_title_area_key",
            "constraint:public.posts.posts_author_title_fkey",
            "constraint:public.posts.posts_check",
            "constraint:public.posts.posts_check1",
            "constraint:public.posts.posts_title_check",
            "constraint:public.posts.posts_title_key",
            "index:public.posts_expr_expr1_title_idx",
            "index:public.posts_expr_idx",
            "index:public.posts_lower_idx",
            "index:public.posts_title_author_area_idx",
            "index:public.posts_title_idx",
            "index:public.posts_title_idx1",
        ],
    );
}

#[test]
fn derived_names_avoid_those_of_the_whole_schema() {
    let mut a = table("a", &["id", "b_c"]);
    a.uniques = vec![key(&["b_c"])];
    a.checks = vec![check_of(Some("b_c"), "b_c > 0")];
    let mut a_b = table("a_b", &["id", "c"]);
    a_b.uniques = vec![key(&["c"])];
    a_b.checks = vec![check_of(Some("c"), "c > 0")];
    let mut taken = table("a_id_idx", &["id"]);
    taken.indexes = vec![index(&[over("id")])];
    a.indexes = vec![index(&[over("id")])];
    check_names(
        &[a_b, taken, a],
        &[
            "constraint:public.a.a_b_c_check",
            "constraint:public.a.a_b_c_key",
            "constraint:public.a_b.a_b_c_check1",
            "constraint:public.a_b.a_b_c_key1",
            "index:public.a_id_idx1",
            "index:public.a_id_idx_id_idx",
        ],
    );
}

#[test]
fn a_key_that_is_stated_twice_is_one() {
    let mut users = table("users", &["id", "email"]);
    users.uniques = vec![key(&["id"]), key(&["email"]), key(&["email"])];
    check_names(&[users], &["constraint:public.users.users_email_key"]);
}

#[test]
fn keys_and_identities_are_not_null() {
    let mut users = table("users", &["id", "number", "name"]);
    for column in &mut users.columns {
        column.nullable = true;
    }
    users.columns[1].identity = Some(ModelIdentity::new(IdentityMode::Always));
    let declared = lowered(&[users]);
    let nullable = |name: &str| column(&declared, &format!("public.users.{name}")).1;
    assert_eq!(
        [nullable("id"), nullable("number"), nullable("name")],
        [false, false, true]
    );
}

#[test]
fn types_are_as_written_and_enums_are_named() {
    let array = |element| ModelType::Array(Box::new(element));
    let mut users = table("users", &["id"]);
    for (name, sql_type) in [
        ("a", sql(" varchar(20) ")),
        ("b", array(sql("text"))),
        ("c", array(array(sql("text")))),
        ("d", ModelType::Enum(mood(&["happy"]))),
        ("e", array(ModelType::Enum(mood(&["happy"])))),
    ] {
        users.columns.push(ModelColumn::new(name, sql_type));
    }
    let declared = lowered(&[users]);
    let types: Vec<String> = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|name| {
            column(&declared, &format!("public.users.{name}"))
                .0
                .to_string()
        })
        .collect();
    assert_eq!(
        types,
        [
            "varchar(20)",
            "text[]",
            "text[]",
            "public.mood",
            "public.mood[]"
        ]
    );
    assert!(declared.objects.contains_key(&id("enum:public.mood")));
}

#[test]
fn a_foreign_key_without_columns_means_the_primary_key() {
    let mut posts = table("posts", &["id", "author"]);
    posts.foreign_keys = vec![foreign_key(&["author"], "users", &[])];
    let declared = lowered(&[posts, table("users", &["number"])]);
    match constraint(&declared, "public.posts.posts_author_fkey").kind {
        ConstraintKind::ForeignKey(key) => assert_eq!(key.referenced_columns, [ident("number")]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_foreign_key_may_lead_to_a_table_without_a_model() {
    let mut posts = table("posts", &["id", "author"]);
    posts.foreign_keys = vec![foreign_key(&["author"], "users", &["id"])];
    check_names(&[posts], &["constraint:public.posts.posts_author_fkey"]);
}

#[test]
fn renames_name_the_old_side_in_old_names() {
    let mut posts = table("posts", &["id", "title"]);
    posts.renamed_from = Some("articles".to_owned());
    posts.columns[1].renamed_from = Some("headline".to_owned());
    let mut stated = mood(&["happy", "sad"]);
    stated.renamed_from = Some("feeling".to_owned());
    stated.values[0].renamed_from = Some("glad".to_owned());
    posts
        .columns
        .push(ModelColumn::new("mood", ModelType::Enum(stated)));
    let renames = lowered(&[posts]).renames;
    let hints: Vec<(String, String)> = renames
        .by_new
        .iter()
        .map(|(new, old)| (new.to_string(), old.to_string()))
        .collect();
    let hint = |new: &str, old: &str| (new.to_owned(), old.to_owned());
    assert_eq!(
        hints,
        [
            hint("enum:public.mood", "enum:public.feeling"),
            hint(
                "enum_value:public.mood.happy",
                "enum_value:public.feeling.glad"
            ),
            hint("table:public.posts", "table:public.articles"),
            hint(
                "column:public.posts.title",
                "column:public.articles.headline"
            ),
        ]
    );
}

#[test]
fn operator_classes_and_collations_are_names() {
    let mut posts = table("posts", &["id", "title"]);
    posts.indexes = vec![index(&[
        ModelIndexElement {
            operator_class: Some("public.gist_trgm_ops(siglen=32)".to_owned()),
            ..over("title")
        },
        ModelIndexElement {
            collation: Some("\"de-x-icu\"".to_owned()),
            ..over("id")
        },
    ])];
    let declared = lowered(&[posts]);
    let DeclaredObject::Index(index) = &declared.objects[&id("index:public.posts_title_id_idx")]
    else {
        panic!("no index");
    };
    let class = index.index.elements[0].operator_class.as_ref().unwrap();
    assert_eq!(class.name.to_string(), "public.gist_trgm_ops");
    assert_eq!(
        class.parameters.get("siglen").map(String::as_str),
        Some("32")
    );
    let collation = index.index.elements[1].collation.as_ref().unwrap();
    assert_eq!(collation.to_string(), "pg_catalog.de-x-icu");
}

#[test]
fn a_collation_without_quotes_stands_as_it_is_written() {
    for (text, name) in [
        ("C", ("pg_catalog", "C")),
        ("\"C\"", ("pg_catalog", "C")),
        ("de-x-icu", ("pg_catalog", "de-x-icu")),
        ("pg_catalog.\"C\"", ("pg_catalog", "C")),
        ("public.mine", ("public", "mine")),
    ] {
        let mut posts = table("posts", &["id", "title"]);
        posts.columns[1].collation = Some(text.to_owned());
        posts.indexes = vec![index(&[ModelIndexElement {
            collation: Some(text.to_owned()),
            ..over("id")
        }])];
        let declared = lowered(&[posts]);
        let DeclaredObject::Column(column) = &declared.objects[&id("column:public.posts.title")]
        else {
            panic!("no column");
        };
        let expected = QualifiedName::parse_parts(name.0, name.1).unwrap();
        assert_eq!(column.collation.as_ref(), Some(&expected), "{text}");
        let DeclaredObject::Index(index) = &declared.objects[&id("index:public.posts_id_idx")]
        else {
            panic!("no index");
        };
        let collation = index.index.elements[0].collation.as_ref();
        assert_eq!(collation, Some(&expected), "{text}");
    }
}

#[test]
fn two_models_of_one_table_are_told() {
    let mut other = table("posts", &["id"]);
    other.rust_name = "blog::Other".to_owned();
    other.location = at(7);
    check_mistakes(
        &[table("posts", &["id"]), other],
        "`blog::Other` (src/models.rs:7): the table `public.posts` is also that of \
         `blog::posts` (src/models.rs:1); a table has one model",
    );
    // But the same one may be listed twice.
    lowered(&[table("posts", &["id"]), table("posts", &["id"])]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let mut posts = table("posts", &["id", "title", "title"]);
    posts.uniques = vec![key(&["titel"])];
    posts.indexes = vec![index(&[over("nothing_alike")])];
    posts.foreign_keys = vec![
        foreign_key(&["title"], "users", &["id", "name"]),
        foreign_key(&["title"], "users", &["name"]),
        foreign_key(&["title"], "unknown", &[]),
    ];
    posts
        .columns
        .push(ModelColumn::new("c".repeat(64), sql("text")));
    check_mistakes(
        &[posts, table("users", &["id", "name"])],
        &format!(
            "there are 7 mistakes in the models:
- `blog::posts` (src/models.rs:1): two columns are named `title`
- `blog::posts` (src/models.rs:1): the name `{}` is 64 bytes long, Postgres keeps 63
- `blog::posts` (src/models.rs:1): a unique key names the column `titel`, which `posts` does not \
have; did you mean `title`?
- `blog::posts` (src/models.rs:1): the foreign key to `users` refers to `id`, `name`, which is no \
primary or unique key of `public.users`; state it as unique there
- `blog::posts` (src/models.rs:1): the foreign key to `users` refers to `name`, which is no \
primary or unique key of `public.users`; state it as unique there
- `blog::posts` (src/models.rs:1): the foreign key to `unknown` names no columns there, and no \
model is known of `public.unknown`; name the columns
- `blog::posts` (src/models.rs:1): an index names the column `nothing_alike`, which `posts` does \
not have",
            "c".repeat(64)
        ),
    );
}

#[test]
fn the_sides_of_a_foreign_key_must_be_of_one_length() {
    let mut posts = table("posts", &["id", "author"]);
    posts.foreign_keys = vec![foreign_key(&["author", "id"], "users", &[])];
    check_mistakes(
        &[posts, table("users", &["id"])],
        "`blog::posts` (src/models.rs:1): the foreign key to `users` is over 2 columns of this \
         table and one column of the other",
    );
}

#[test]
fn enums_of_one_name_must_be_equal() {
    let mut users = table("users", &["id"]);
    users
        .columns
        .push(ModelColumn::new("a", ModelType::Enum(mood(&["happy"]))));
    users
        .columns
        .push(ModelColumn::new("b", ModelType::Enum(mood(&["happy"]))));
    lowered(&[users.clone()]);
    users
        .columns
        .push(ModelColumn::new("c", ModelType::Enum(mood(&["sad"]))));
    check_mistakes(
        &[users],
        "`blog::Mood` (src/models.rs:9): the enum `public.mood` is also that of `blog::Mood` \
         (src/models.rs:9), with other values",
    );
}

#[test]
fn each_of_several_mistakes_is_told_on_one_line() {
    let mut posts = table("posts", &["id"]);
    posts.checks = vec![check_of(None, "a >\n(0"), check_of(None, "b >\n(0")];
    let error = lower(&[posts], &ident("public")).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 3, "{error}");
}

#[test]
fn stated_names_are_unique_where_postgres_wants_them_to_be() {
    let named = |mut check: ModelCheck, name: &str| {
        check.name = Some(name.to_owned());
        check
    };
    let mut posts = table("posts", &["id"]);
    posts.checks = vec![
        named(check_of(None, "true"), "x"),
        named(check_of(None, "true"), "x"),
    ];
    check_mistakes(
        &[posts],
        "`blog::posts` (src/models.rs:1): two constraints are named `x`",
    );

    // Checks of two tables may share a name; indexes may not.
    let mut posts = table("posts", &["id"]);
    posts.checks = vec![named(check_of(None, "true"), "x")];
    let mut users = table("users", &["id"]);
    users.checks = vec![named(check_of(None, "true"), "x")];
    lowered(&[posts.clone(), users.clone()]);
    posts.indexes = vec![ModelIndex {
        name: Some("users".to_owned()),
        ..index(&[over("id")])
    }];
    check_mistakes(
        &[posts, users],
        "`blog::posts` (src/models.rs:1): the name `users` is also that of the table of \
         `blog::users` (src/models.rs:1); tables, keys and indexes of a schema share their names",
    );
}

#[test]
fn a_serial_is_an_integer_that_counts() {
    for (said, counted) in [
        ("serial", Some("integer")),
        (" SERIAL4", Some("integer")),
        ("bigserial", Some("bigint")),
        ("serial8", Some("bigint")),
        ("smallserial", Some("smallint")),
        ("serial2", Some("smallint")),
        ("serial[]", None),
        ("integer", None),
    ] {
        let mut users = table("users", &["id"]);
        users.columns[0].sql_type = ModelType::Sql(said.to_owned());
        let declared = lowered(&[users]);
        let id = "column:public.users.id".parse().unwrap();
        let Some(DeclaredObject::Column(column)) = declared.objects.get(&id) else {
            panic!("a column")
        };
        assert_eq!(column.serial, counted.is_some(), "{said}");
        let sql_type = counted.unwrap_or(said);
        assert_eq!(column.sql_type, SqlType::Builtin(sql_type.to_owned()));
    }
}

#[test]
fn a_column_has_one_source_of_values() {
    let mut users = table("users", &["id"]);
    users.columns[0].default = Some("1".to_owned());
    users.columns[0].identity = Some(ModelIdentity::new(IdentityMode::Always));
    check_mistakes(
        &[users],
        "`blog::users` (src/models.rs:1): the column `id` can have only one of a default, an \
         identity and a generating expression",
    );
}

#[test]
fn what_is_lowered_can_be_made_and_wants_nothing_more() {
    let mut users = table("users", &["id", "email"]);
    users.columns[0].identity = Some(ModelIdentity::new(IdentityMode::ByDefault));
    users.uniques = vec![key(&["email"])];
    users.comment = Some("who writes".to_owned());
    let mut posts = table("posts", &["id", "author", "title"]);
    let mood = ModelType::Enum(mood(&["happy", "sad"]));
    posts.columns.push(ModelColumn::new("mood", mood));
    posts.foreign_keys = vec![foreign_key(&["author"], "users", &[])];
    posts.checks = vec![
        check_of(Some("title"), "title > 0"),
        check_of(None, "id > title"),
    ];
    posts.indexes = vec![
        index(&[over("title")]),
        index(&[expression("lower(title)")]),
    ];
    let mut votes = table("votes", &["post", "voter"]);
    votes.primary_key = Some(key(&["post", "voter"]));
    votes.foreign_keys = vec![
        foreign_key(&["post"], "posts", &[]),
        foreign_key(&["voter"], "users", &["id"]),
    ];

    let declared = lowered(&[votes, posts, users]);
    let desired = overlay(&Schema::new(), None, &declared);
    let operations = lawful(&Schema::new(), &desired, &declared.renames);
    let tables: Vec<String> = operations
        .iter()
        .filter(|operation| matches!(operation.id(), ObjectId::Table(_)))
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        tables,
        [
            "create table public.users",
            "create table public.posts",
            "create table public.votes"
        ]
    );
    assert_eq!(overlay(&desired, None, &declared), desired);
}

#[test]
fn names_that_are_swapped_are_refused() {
    let mut posts = table("posts", &["id", "title", "body", "teaser"]);
    posts.columns[1].renamed_from = Some("body".to_owned());
    posts.columns[2].renamed_from = Some("title".to_owned());
    posts.columns[3].renamed_from = Some("title".to_owned());
    let told = lower(&[posts], &ident("public"))
        .expect_err("a swap")
        .to_string();
    assert!(told.contains("`body`, `title` were each called"), "{told}");
    let mut one = table("one", &["id"]);
    let mut other = table("other", &["id"]);
    one.renamed_from = Some("other".to_owned());
    other.renamed_from = Some("one".to_owned());
    let told = lower(&[one, other], &ident("public"))
        .expect_err("a swap")
        .to_string();
    assert!(
        told.contains("`public.one`, `public.other` were each called"),
        "{told}"
    );
    // One after the other is no circle.
    let mut posts = table("posts", &["id", "title", "body"]);
    posts.columns[1].renamed_from = Some("body".to_owned());
    posts.columns[2].renamed_from = Some("text".to_owned());
    lowered(&[posts]);
}
