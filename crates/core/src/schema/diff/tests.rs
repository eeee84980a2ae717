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
        .filter(|l| !l.is_empty())
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
