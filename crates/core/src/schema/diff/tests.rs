//! Differences, case by case; every case checks every law.

use crate::schema::testing::{lawful, renames, schema, words};

/// The operations in words, one a line.
#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    check_renamed(from, to, &[], expected);
}

/// The same with hints, each a new and an old identity.
#[track_caller]
fn check_renamed(from: &str, to: &str, hints: &[(&str, &str)], expected: &str) {
    let operations = lawful(&schema(from), &schema(to), &renames(hints));
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let found = words(&operations);
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        expected,
        "found\n{found}"
    );
}

const USERS: &str = "
table users
  id bigint
  email text
  primary users_pkey id
";

const POSTS: &str = "
table posts
  id bigint
  title text
  author bigint
  primary posts_pkey id
  foreign posts_author_fkey author users(id)
  index posts_title_idx title
comment table:public.posts what is written
comment column:public.posts.title its head
";

#[test]
fn equal_schemas_yield_nothing() {
    check(USERS, USERS, "");
    check("", "", "");
}

#[test]
fn new_tables_come_in_the_order_of_their_foreign_keys() {
    check(
        "",
        &format!("{POSTS}{USERS}"),
        "create table public.users
         add column public.users.id
         add column public.users.email
         add primary key public.users.users_pkey
         create table public.posts
         add column public.posts.id
         add column public.posts.title
         add column public.posts.author
         add primary key public.posts.posts_pkey
         add foreign key public.posts.posts_author_fkey
         create index public.posts_title_idx
         add comment on table public.posts
         add comment on column public.posts.title",
    );
}

#[test]
fn dropped_tables_go_the_way_back_with_all_their_parts() {
    check(
        &format!("{POSTS}{USERS}"),
        "",
        "drop comment on table public.posts
         drop comment on column public.posts.title
         drop index public.posts_title_idx
         drop foreign key public.posts.posts_author_fkey
         drop primary key public.posts.posts_pkey
         drop column public.posts.author
         drop column public.posts.title
         drop column public.posts.id
         drop table public.posts
         drop primary key public.users.users_pkey
         drop column public.users.email
         drop column public.users.id
         drop table public.users",
    );
}

#[test]
fn tables_that_refer_to_each_other_are_tied_at_the_end() {
    let both = "
table a
  id bigint
  b bigint
  primary a_pkey id
  foreign a_b_fkey b b(id)
  check a_check b>0 reads b
comment constraint:public.a.a_b_fkey why
table b
  id bigint
  a bigint
  primary b_pkey id
  foreign b_a_fkey a a(id)
";
    check(
        "",
        both,
        "create table public.a
         add column public.a.id
         add column public.a.b
         add primary key public.a.a_pkey
         add check public.a.a_check
         create table public.b
         add column public.b.id
         add column public.b.a
         add primary key public.b.b_pkey
         add foreign key public.b.b_a_fkey
         add foreign key public.a.a_b_fkey
         add comment on constraint public.a.a_b_fkey",
    );
    check(
        both,
        "",
        "drop foreign key public.b.b_a_fkey
         drop comment on constraint public.a.a_b_fkey
         drop foreign key public.a.a_b_fkey
         drop check public.a.a_check
         drop primary key public.a.a_pkey
         drop column public.a.b
         drop column public.a.id
         drop table public.a
         drop primary key public.b.b_pkey
         drop column public.b.a
         drop column public.b.id
         drop table public.b",
    );
}

#[test]
fn a_table_that_refers_to_itself_is_made_in_one_go() {
    check(
        "",
        "
table nodes
  id bigint
  parent bigint?
  primary nodes_pkey id
  foreign nodes_parent_fkey parent nodes(id)
",
        "create table public.nodes
         add column public.nodes.id
         add column public.nodes.parent
         add primary key public.nodes.nodes_pkey
         add foreign key public.nodes.nodes_parent_fkey",
    );
}

#[test]
fn a_foreign_key_waits_for_the_key_of_a_table_that_is_there() {
    check(
        USERS,
        "
table users
  id bigint
  email text
  primary users_pkey id
  unique users_email_key email
table mails
  to_user text
  foreign mails_to_user_fkey to_user users(email)
",
        "add unique key public.users.users_email_key
         create table public.mails
         add column public.mails.to_user
         add foreign key public.mails.mails_to_user_fkey",
    );
}

#[test]
fn a_foreign_key_may_rest_on_a_unique_index() {
    check(
        "table users\n  email text",
        "
table mails
  to_user text
  foreign mails_to_user_fkey to_user users(email)
table users
  email text
  unique_index users_email_idx email
",
        "create index public.users_email_idx
         create table public.mails
         add column public.mails.to_user
         add foreign key public.mails.mails_to_user_fkey",
    );
}

#[test]
fn new_columns_come_in_their_order() {
    check(
        "table t\n  m text",
        "table t\n  z text\n  m text\n  b text\n  a text",
        "add column public.t.z
         add column public.t.b
         add column public.t.a",
    );
}

#[test]
fn a_dropped_column_takes_along_what_is_over_it() {
    check(
        &format!("{USERS}{POSTS}"),
        &format!(
            "{USERS}
table posts
  id bigint
  primary posts_pkey id
comment table:public.posts what is written
"
        ),
        "drop comment on column public.posts.title
         drop index public.posts_title_idx
         drop foreign key public.posts.posts_author_fkey
         drop column public.posts.author
         drop column public.posts.title",
    );
}

#[test]
fn changed_columns_are_altered_and_keep_what_is_over_them() {
    check(
        "
table t
  a integer? default 1
  b text collate C
  c bigint
  primary t_pkey c
  index t_a_idx a
  check t_check a>0 reads a
comment column:public.t.a counts
",
        "
table t
  a bigint default 2
  b text?
  c bigint identity
  primary t_pkey c
  index t_a_idx a
  check t_check a>0 reads a
comment column:public.t.a counts much
",
        "alter column public.t.a: type integer to bigint, not null, default 2
         alter column public.t.b: collation of the type, null
         alter column public.t.c: identity
         alter comment on column public.t.a",
    );
}

#[test]
fn a_column_gives_up_its_key_before_it_may_be_null() {
    check(
        "table t\n  a bigint\n  primary t_pkey a",
        "table t\n  a bigint?",
        "drop primary key public.t.t_pkey
         alter column public.t.a: null",
    );
    check(
        "table t\n  a bigint?",
        "table t\n  a bigint\n  primary t_pkey a",
        "alter column public.t.a: not null
         add primary key public.t.t_pkey",
    );
}

#[test]
fn a_generated_column_is_made_anew_with_all_that_is_over_it() {
    let before = "
table t
  a bigint
  twice bigint generated a*2 reads a
  unique t_twice_key twice
  index t_twice_idx twice
comment column:public.t.twice two times
comment index:public.t_twice_idx looked up
table u
  t bigint
  foreign u_t_fkey t t(twice)
";
    check(
        before,
        &before.replace("a*2", "a+a"),
        "drop foreign key public.u.u_t_fkey
         drop comment on column public.t.twice
         drop comment on index public.t_twice_idx
         drop index public.t_twice_idx
         drop unique key public.t.t_twice_key
         drop column public.t.twice
         add column public.t.twice
         add unique key public.t.t_twice_key
         create index public.t_twice_idx
         add comment on column public.t.twice
         add comment on index public.t_twice_idx
         add foreign key public.u.u_t_fkey",
    );
}

#[test]
fn a_generated_column_can_become_an_ordinary_one() {
    check(
        "table t\n  a bigint\n  b bigint generated a reads a\n  index t_b_idx b",
        "table t\n  a bigint\n  b bigint\n  index t_b_idx b",
        "alter column public.t.b: no longer generated",
    );
}

#[test]
fn a_changed_type_replaces_the_generated_columns_computed_from_it() {
    let table = |reads: &str, of_a: &str| {
        format!(
            "
table t
  a {of_a}
  b text
  twice bigint generated a*2{reads}
  index t_a_idx a
"
        )
    };
    let replaced = "
         drop column public.t.twice
         alter column public.t.a: type integer to bigint
         add column public.t.twice";
    check(
        &table(" reads a", "integer"),
        &table(" reads a", "bigint"),
        replaced,
    );
    // What no database has told yet may be computed from any column.
    check(&table("", "integer"), &table("", "bigint"), replaced);
    check(
        &table(" reads b", "integer"),
        &table(" reads b", "bigint"),
        "alter column public.t.a: type integer to bigint",
    );
    check(
        &table(" reads a", "integer"),
        &table(" reads a", "integer?"),
        "alter column public.t.a: null",
    );
}

#[test]
fn a_key_that_is_replaced_replaces_the_foreign_keys_on_it() {
    let posts = "
table posts
  author bigint
  foreign posts_author_fkey author users(id)
";
    check(
        &format!("{posts}table users\n  id bigint\n  other bigint\n  primary users_pkey id"),
        &format!(
            "{posts}table users\n  id bigint\n  other bigint\n  primary users_pkey other\n  unique users_id_key id"
        ),
        "drop foreign key public.posts.posts_author_fkey
         drop primary key public.users.users_pkey
         add primary key public.users.users_pkey
         add unique key public.users.users_id_key
         add foreign key public.posts.posts_author_fkey",
    );
}

#[test]
fn a_foreign_key_is_made_anew_when_both_of_its_sides_change_their_type() {
    let tables = |of: &str| {
        format!(
            "
table users
  id {of}
  primary users_pkey id
table posts
  author {of}
  foreign posts_author_fkey author users(id)
"
        )
    };
    check(
        &tables("bigint"),
        &tables("uuid"),
        "drop foreign key public.posts.posts_author_fkey
         alter column public.users.id: type bigint to uuid
         alter column public.posts.author: type bigint to uuid
         add foreign key public.posts.posts_author_fkey",
    );
    check(
        &tables("integer"),
        &tables("bigint"),
        "alter column public.posts.author: type integer to bigint
         alter column public.users.id: type integer to bigint",
    );
}

#[test]
fn a_column_stops_being_computed_before_what_it_is_computed_from_changes() {
    for reads in [" reads z", ""] {
        check(
            &format!("table t\n  z integer\n  a bigint generated z{reads}"),
            "table t\n  z bigint\n  a bigint",
            "alter column public.t.a: no longer generated
             alter column public.t.z: type integer to bigint",
        );
    }
}

#[test]
fn constraints_change_in_place_only_where_postgres_can() {
    let table = |check: &str, foreign: &str, unique: &str| {
        format!(
            "
table t
  a bigint
  b bigint
  primary t_pkey a
  check t_check a>0{check}
  foreign t_b_fkey b t(a){foreign}
  unique t_b_key b{unique}
"
        )
    };
    let plain = table("", "", "");
    check(
        &table(" invalid", " invalid", ""),
        &plain,
        "alter check public.t.t_check: validate
         alter foreign key public.t.t_b_fkey: validate",
    );
    check(
        &plain,
        &table(" invalid", "", ""),
        "drop check public.t.t_check
         add check public.t.t_check",
    );
    check(
        &plain,
        &table("", " deferrable", ""),
        "alter foreign key public.t.t_b_fkey: deferrable",
    );
    check(
        &plain,
        &table("", " cascade", " deferrable"),
        "drop foreign key public.t.t_b_fkey
         drop unique key public.t.t_b_key
         add unique key public.t.t_b_key
         add foreign key public.t.t_b_fkey",
    );
}

#[test]
fn an_index_changes_in_place_only_in_its_storage() {
    check(
        "table t\n  a bigint\n  index i a\ncomment index:public.i why",
        "table t\n  a bigint\n  index i a fillfactor 70\ncomment index:public.i why",
        "alter index public.i: storage parameters",
    );
    check(
        "table t\n  a bigint\n  index i a\ncomment index:public.i why",
        "table t\n  a bigint\n  index i a where a>0\ncomment index:public.i because",
        "drop comment on index public.i
         drop index public.i
         create index public.i
         add comment on index public.i",
    );
}

#[test]
fn enums_are_altered_whatever_happens_to_their_values() {
    let table = "table t\n  mood mood";
    for (to, words) in [
        ("happy soso sad", "add value `soso`"),
        ("sad", "remove value `happy`"),
        ("sad happy", "order of values"),
        ("sad glad", "add value `glad`, remove value `happy`"),
    ] {
        check(
            &format!("enum mood happy sad\n{table}"),
            &format!("enum mood {to}\n{table}"),
            &format!("alter enum public.mood: {words}"),
        );
    }
}

#[test]
fn a_type_goes_when_its_last_column_has_another() {
    check(
        "enum mood happy sad\ntable t\n  a mood\n  b text\n  c bigint",
        "enum state on off\ntable t\n  a text\n  b state?\n  d mood2",
        "drop column public.t.c
         create enum public.state
         alter column public.t.a: type public.mood to text
         alter column public.t.b: type text to public.state, null
         add column public.t.d
         drop enum public.mood",
    );
}

const SERIAL: &str = "
sequence t_id_seq owned t.id
table t
  id bigint default nextval('public.t_id_seq') needs sequence:public.t_id_seq
  primary t_pkey id
";

#[test]
fn a_serial_column_owns_its_sequence_when_both_are_there() {
    check(
        "",
        SERIAL,
        "create sequence public.t_id_seq
         create table public.t
         add column public.t.id
         add primary key public.t.t_pkey
         alter sequence public.t_id_seq: owned by public.t.id",
    );
    check(
        SERIAL,
        "",
        "alter sequence public.t_id_seq: owned by none
         drop primary key public.t.t_pkey
         drop column public.t.id
         drop table public.t
         drop sequence public.t_id_seq",
    );
}

#[test]
fn a_serial_column_becomes_an_identity_and_back() {
    let identity = "table t\n  id bigint identity\n  primary t_pkey id";
    let unread = SERIAL.replace(" needs sequence:public.t_id_seq", "");
    // The default's edge is not known where models state the column.
    for serial in [SERIAL, &unread] {
        check(
            serial,
            identity,
            "alter column public.t.id: no default
             drop sequence public.t_id_seq
             alter column public.t.id: identity",
        );
        check(
            identity,
            serial,
            "alter column public.t.id: no identity
             create sequence public.t_id_seq
             alter column public.t.id: default nextval('public.t_id_seq')",
        );
    }
}

#[test]
fn a_sequence_passes_from_a_dropped_column_to_a_new_one() {
    check(
        "sequence s owned t.a\ntable t\n  a bigint\n  x bigint",
        "sequence s owned t.b\ntable t\n  b bigint\n  x bigint",
        "alter sequence public.s: owned by none
         drop column public.t.a
         add column public.t.b
         alter sequence public.s: owned by public.t.b",
    );
    check(
        "sequence s owned t.a\ntable t\n  a bigint\n  x bigint",
        "sequence s owned t.x\ntable t\n  x bigint",
        "alter sequence public.s: owned by public.t.x
         drop column public.t.a",
    );
}

#[test]
fn a_sequence_survives_the_replacement_of_its_column() {
    check(
        "sequence s owned t.a\ntable t\n  a bigint\n  x bigint",
        "sequence s owned t.a\ntable t\n  a bigint generated x\n  x bigint",
        "alter sequence public.s: owned by none
         drop column public.t.a
         add column public.t.a
         alter sequence public.s: owned by public.t.a",
    );
}

#[test]
fn a_name_is_given_up_before_another_takes_it() {
    check(
        "table t\n  a bigint\n  index thing a",
        "table t\n  a bigint\n  unique other a\ntable thing\n  a bigint",
        "drop index public.thing
         add unique key public.t.other
         create table public.thing
         add column public.thing.a",
    );
    check(
        "enum thing a b\ntable t\n  a thing\n",
        "table thing\n  a bigint\ntable t\n  a text\n",
        "alter column public.t.a: type public.thing to text
         drop enum public.thing
         create table public.thing
         add column public.thing.a",
    );
    check(
        "table t\n  a bigint\n  unique thing a",
        "table t\n  a bigint\n  index thing a",
        "drop unique key public.t.thing
         create index public.thing",
    );
}

#[test]
fn what_stands_alone_comes_before_what_needs_it() {
    check(
        "",
        "
schema blog
enum blog.mood happy sad
sequence blog.counter
table blog.t
  a bigint default nextval('blog.counter') needs sequence:blog.counter
comment schema:blog all of it
",
        "create schema blog
         add comment on schema blog
         create enum blog.mood
         create sequence blog.counter
         create table blog.t
         add column blog.t.a",
    );
}

#[test]
fn a_table_can_be_logged_or_not() {
    check(
        "table t unlogged\n  a bigint",
        "table t\n  a bigint",
        "alter table public.t: logged",
    );
}

#[test]
fn a_logged_table_never_refers_to_one_that_is_not() {
    let tables = |unlogged: &str| {
        format!(
            "
table a{unlogged}
  id bigint
  b bigint
  primary a_pkey id
  foreign a_b_fkey b b(id)
table b{unlogged}
  id bigint
  primary b_pkey id
"
        )
    };
    check(
        &tables(" unlogged"),
        &tables(""),
        "alter table public.b: logged
         alter table public.a: logged",
    );
    check(
        &tables(""),
        &tables(" unlogged"),
        "alter table public.a: unlogged
         alter table public.b: unlogged",
    );
    // Without the foreign key in between, where that comes or goes.
    let untied = |unlogged: &str| tables(unlogged).replace("  foreign a_b_fkey b b(id)\n", "");
    check(
        &untied(" unlogged"),
        &tables(""),
        "alter table public.b: logged
         alter table public.a: logged
         add foreign key public.a.a_b_fkey",
    );
    check(
        &tables(""),
        &untied(" unlogged"),
        "drop foreign key public.a.a_b_fkey
         alter table public.a: unlogged
         alter table public.b: unlogged",
    );
}

#[test]
fn changes_of_one_table_stay_together() {
    check(
        "table a\n  x bigint\n  y bigint\ntable b\n  x bigint\n  y bigint",
        "table a\n  x text\n  z bigint\n  index a_z_idx z\ntable b\n  x text\n  z bigint\n  unique b_z_key z",
        "drop column public.a.y
         drop column public.b.y
         alter column public.a.x: type bigint to text
         add column public.a.z
         create index public.a_z_idx
         alter column public.b.x: type bigint to text
         add column public.b.z
         add unique key public.b.b_z_key",
    );
}

#[test]
fn renamed_column_keeps_its_index() {
    check_renamed(
        &format!("{USERS}{POSTS}"),
        &format!(
            "{USERS}{}",
            POSTS
                .replace("title text", "head text")
                .replace("_idx title", "_idx head")
                .replace("posts.title", "posts.head")
        ),
        &[("column:public.posts.head", "column:public.posts.title")],
        "rename column public.posts.title to head",
    );
}

#[test]
fn renamed_table_keeps_all_its_parts_and_what_refers_to_it() {
    check_renamed(
        &format!("{USERS}{POSTS}sequence s owned users.id"),
        &format!(
            "{}{}sequence s owned people.id",
            USERS.replace("table users", "table people"),
            POSTS.replace("users(id)", "people(id)")
        ),
        &[("table:public.people", "table:public.users")],
        "rename table public.users to people",
    );
}

#[test]
fn table_and_column_are_renamed_together() {
    let hints = [
        ("table:public.people", "table:public.users"),
        ("column:public.people.mail", "column:public.users.email"),
    ];
    let after = "
table people
  id bigint
  mail text
  primary users_pkey id
";
    check_renamed(
        USERS,
        after,
        &hints,
        "rename table public.users to people
         rename column public.people.email to mail",
    );
    // The table's hint was carried out long ago, the column's is new.
    check_renamed(
        &USERS.replace("table users", "table people"),
        after,
        &hints,
        "rename column public.people.email to mail",
    );
}

#[test]
fn renamed_types_and_values_keep_their_columns() {
    check_renamed(
        "enum mood happy sad\ntable t\n  mood mood\n  moods mood[]",
        "enum state glad sad\ntable t\n  mood state\n  moods state[]",
        &[
            ("enum:public.state", "enum:public.mood"),
            (
                "enum_value:public.state.glad",
                "enum_value:public.mood.happy",
            ),
        ],
        "rename enum public.mood to state
         rename enum value public.state.happy to glad",
    );
}

#[test]
fn renamed_and_changed_is_both() {
    check_renamed(
        "table t\n  a integer\n  index t_a_idx a",
        "table t\n  b bigint\n  index t_b_idx b",
        &[("column:public.t.b", "column:public.t.a")],
        "rename column public.t.a to b
         rename index public.t_a_idx to t_b_idx
         alter column public.t.b: type integer to bigint",
    );
}

#[test]
fn renames_may_form_a_chain() {
    check_renamed(
        "table t\n  a bigint\n  b bigint",
        "table t\n  b bigint\n  c bigint",
        &[
            ("column:public.t.b", "column:public.t.a"),
            ("column:public.t.c", "column:public.t.b"),
        ],
        "rename column public.t.b to c
         rename column public.t.a to b",
    );
}

#[test]
fn hints_that_do_not_apply_are_passed_over() {
    let hints = [
        // Done long ago; to something that is not to be; of two kinds; to another schema; to
        // itself; from another table.
        ("column:public.t.b", "column:public.t.a"),
        ("column:public.t.z", "column:public.t.b"),
        ("index:public.t", "table:public.t"),
        ("table:blog.t", "table:public.t"),
        ("table:public.t", "table:public.t"),
        ("column:public.t.c", "column:public.u.c"),
    ];
    check_renamed(
        "table t\n  b bigint\ntable u\n  c text",
        "table t\n  b bigint\n  c text\ntable u\n  c text",
        &hints,
        "add column public.t.c",
    );
}

#[test]
fn a_name_that_is_taken_by_another_kind_is_no_rename() {
    check_renamed(
        "table t\n  a bigint\n  index u a",
        "table u\n  a bigint",
        &[("table:public.u", "table:public.t")],
        "drop index public.u
         drop column public.t.a
         drop table public.t
         create table public.u
         add column public.u.a",
    );
}

#[test]
fn constraints_and_indexes_that_differ_in_name_alone_are_renamed_without_a_hint() {
    check(
        "
table t
  a bigint
  b bigint
  primary old a
  check old_check a>0
  index old_idx b
  index other_idx b where a>0
comment index:public.old_idx why
table u
  t bigint
  foreign u_t_fkey t t(a)
",
        "
table t
  a bigint
  b bigint
  primary new a
  check new_check a>0
  index new_idx b
  index newer_idx b where a>1
comment index:public.new_idx why
table u
  t bigint
  foreign u_t_fkey t t(a)
",
        "rename index public.old_idx to new_idx
         rename constraint public.t.old to new
         rename constraint public.t.old_check to new_check
         drop index public.other_idx
         create index public.newer_idx",
    );
}

#[test]
fn constraints_indexes_and_sequences_can_be_renamed() {
    check_renamed(
        "sequence s\ntable t\n  a bigint\n  unique u a\n  index i a\ncomment index:public.i why",
        "sequence s2\ntable t\n  a bigint\n  unique u2 a\n  index i2 a\ncomment index:public.i2 why",
        &[
            ("sequence:public.s2", "sequence:public.s"),
            ("constraint:public.t.u2", "constraint:public.t.u"),
            ("index:public.i2", "index:public.i"),
        ],
        "rename sequence public.s to s2
         rename index public.i to i2
         rename constraint public.t.u to u2",
    );
}

#[test]
fn what_is_over_a_column_steps_aside_while_its_type_changes() {
    let state = |ty: &str| {
        format!(
            "function f() trigger
             table t
               a {ty}
               b text
             view v a:{ty} query a needs column:public.t.a
             view w b:text query b needs column:public.t.b
             materialized m query v needs view:public.v
             trigger t.g of a calls f
             comment view:public.v kept"
        )
    };
    check(
        &state("integer"),
        &state("bigint"),
        "drop trigger public.t.g
         drop comment on view public.v
         drop materialized view public.m
         drop view public.v
         alter column public.t.a: type integer to bigint
         create view public.v
         create materialized view public.m
         add comment on view public.v
         create trigger public.t.g",
    );
}

#[test]
fn a_view_that_gains_columns_is_altered_and_nothing_else() {
    let state = |columns: &str| {
        format!(
            "table t
               a text
               b text
             view v {columns} query {columns} needs column:public.t.a
             view w a:text query a needs view:public.v"
        )
    };
    check(
        &state("a:text"),
        &state("a:text,b:text"),
        "alter view public.v",
    );
    check(
        &state("a:text,b:text"),
        &state("a:text"),
        "drop view public.w
         drop view public.v
         create view public.v
         create view public.w",
    );
}

#[test]
fn a_view_is_altered_before_what_it_no_longer_reads_and_replaced_where_that_cannot_be() {
    let before = "
        function f() integer body 1
        table t
          a text
        view v a:text query f needs function:public.f(),column:public.t.a";
    check(
        before,
        "table t
           a text
         view v a:text query a needs column:public.t.a",
        "alter view public.v
         drop function public.f()",
    );
    check(
        before,
        "function f() text body 1
         function g() text body f needs function:public.f()
         table t
           a text
         view v a:text query g needs function:public.g(),column:public.t.a",
        "drop view public.v
         drop function public.f()
         create function public.f()
         create function public.g()
         create view public.v",
    );
}

#[test]
fn a_default_steps_aside_while_what_it_calls_is_made_anew() {
    let state = |ty: &str| {
        format!(
            "function f() {ty} body 1
             table t
               a text default f() needs function:public.f()
               b text"
        )
    };
    check(
        &state("integer"),
        &state("text"),
        "alter column public.t.a: no default
         drop function public.f()
         create function public.f()
         alter column public.t.a: default f()",
    );
}

#[test]
fn a_body_comes_behind_what_it_speaks_of_unless_that_needs_it() {
    check(
        "",
        "function g() integer body b()
         function b() integer body t
         table t
           a text
           c text default g() needs function:public.g()
         table z
           a text",
        "create table public.t
         add column public.t.a
         create function public.b()
         create function public.g()
         add column public.t.c
         create table public.z
         add column public.z.a",
    );
}

#[test]
fn views_over_an_exchanged_enum_step_aside() {
    let state = |values: &str| {
        format!(
            "enum mood {values}
             table t
               a mood
             view v a:mood query a needs column:public.t.a"
        )
    };
    check(
        &state("x y"),
        &state("y"),
        "drop view public.v
         alter enum public.mood: remove value `x`
         create view public.v",
    );
    check(
        &state("x"),
        &state("x y"),
        "alter enum public.mood: add value `y`",
    );
}

#[test]
fn a_view_that_goes_over_to_another_table_steps_aside_while_its_enum_is_exchanged() {
    check(
        "enum mood x
         table t
           a mood
         view v a:mood query t needs column:public.t.a",
        "enum mood y
         table s
           a mood
         view v a:mood query s needs column:public.s.a",
        "drop view public.v
         drop column public.t.a
         drop table public.t
         alter enum public.mood: add value `y`, remove value `x`
         create table public.s
         add column public.s.a
         create view public.v",
    );
}

/// What was renamed there is renamed back, and nothing else.
#[track_caller]
fn check_back(from: &str, to: &str, hints: &[(&str, &str)], there: &str, back: &str) {
    let (from, to, renames) = (schema(from), schema(to), renames(hints));
    let operations = lawful(&from, &to, &renames);
    let trim = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_eq!(words(&operations).trim_end(), trim(there));
    let operations = super::diff_back(&from, &to, &renames);
    assert_eq!(words(&operations).trim_end(), trim(back));
}

#[test]
fn a_hint_that_did_not_count_there_does_not_count_on_the_way_back() {
    let hints = [("column:public.t.x", "column:public.t.y")];
    check_back(
        "table t\n  x bigint\n  y bigint",
        "table t\n  x bigint",
        &hints,
        "drop column public.t.y",
        "add column public.t.y",
    );
    check_back(
        "table a\n  x bigint\ntable b\n  x bigint\n  z bigint",
        "table b\n  x bigint\n  z bigint",
        &[("table:public.b", "table:public.a")],
        "drop column public.a.x\ndrop table public.a",
        "create table public.a\nadd column public.a.x",
    );
}

#[test]
fn parts_of_what_was_renamed_long_ago_are_renamed_back() {
    check_back(
        "enum n a b\ntable t\n  x bigint",
        "enum n a c\ntable t\n  y bigint",
        &[
            ("table:public.t", "table:public.s"),
            ("column:public.t.y", "column:public.s.x"),
            ("enum:public.n", "enum:public.m"),
            ("enum_value:public.n.c", "enum_value:public.m.b"),
        ],
        "rename enum value public.n.b to c\nrename column public.t.x to y",
        "rename enum value public.n.c to b\nrename column public.t.y to x",
    );
}

#[test]
fn what_has_the_old_name_by_now_steps_aside_on_the_way_back() {
    check_back(
        "table t\n  x bigint",
        "table t\n  y bigint\n  x text",
        &[("column:public.t.y", "column:public.t.x")],
        "rename column public.t.x to y\nadd column public.t.x",
        "rename column public.t.x to x_old
         rename column public.t.y to x
         drop column public.t.x_old",
    );
    check_back(
        "table a\n  x bigint",
        "table b\n  x bigint\ntable a\n  z bigint",
        &[("table:public.b", "table:public.a")],
        "rename table public.a to b
         create table public.a
         add column public.a.z",
        "rename table public.a to a_old
         rename table public.b to a
         drop column public.a_old.z
         drop table public.a_old",
    );
    // With the table, too; and a name that is free.
    check_back(
        "table a\n  x bigint\n  x_old bigint",
        "table b\n  y bigint\n  x_old bigint\n  x text",
        &[
            ("table:public.b", "table:public.a"),
            ("column:public.b.y", "column:public.a.x"),
        ],
        "rename table public.a to b
         rename column public.b.x to y
         add column public.b.x",
        "rename table public.b to a
         rename column public.a.x to x_old1
         rename column public.a.y to x
         drop column public.a.x_old1",
    );
    check_back(
        "enum n a b\ntable t\n  x n",
        "enum n a c b\ntable t\n  x n",
        &[("enum_value:public.n.c", "enum_value:public.n.b")],
        "rename enum value public.n.b to c\nalter enum public.n: add value `b`",
        "rename enum value public.n.b to b_old
         rename enum value public.n.c to b
         alter enum public.n: remove value `b_old`",
    );
}

#[test]
fn a_policy_leaves_a_column_before_that_gets_another_type_and_is_no_longer_computed() {
    check(
        "table b
           k bigint
           x integer generated k
         policy b.p for app using x needs column:public.b.x",
        "table b
           x bigint
           y bigint
         policy b.p for app using y needs column:public.b.y",
        "add column public.b.y
         alter policy public.b.p: condition
         alter column public.b.x: type integer to bigint, no longer generated
         drop column public.b.k",
    );
}

#[test]
fn a_policy_that_goes_over_to_a_column_of_a_domain_that_is_made_anew_is_made_anew() {
    check(
        "domain amount bigint
         table c
           m amount[]
         policy c.p for app using m needs column:public.c.m",
        "domain amount text
         table c
           x amount
         policy c.p for app using x needs column:public.c.x",
        "drop policy public.c.p
         drop column public.c.m
         drop domain public.amount
         create domain public.amount
         add column public.c.x
         create policy public.c.p",
    );
}

#[test]
fn a_computed_column_is_freed_before_its_new_type_takes_the_place_of_an_old_one() {
    check(
        "enum state on
         composite pair s:state
         table c
           k pair
           y bigint generated k",
        "composite pair s:bigint
         table c
           y pair",
        "alter column public.c.y: no longer generated
         drop column public.c.k
         drop composite type public.pair
         drop enum public.state
         create composite type public.pair
         alter column public.c.y: type bigint to public.pair",
    );
}
