//! Every statement of the application, once for both kinds of connection, with what requests bring
//! for it.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Serialize};

use crate::models::{Comment, Post, User, Vote, VoteKind, comments, posts, users, votes};

/// How many rows a list has at most.
const MOST: i64 = 100;

/// A statement that gives rows, on a connection that blocks and on one that is awaited.
pub trait Rows<U>:
    diesel::RunQueryDsl<PgConnection>
    + diesel::query_dsl::LoadQuery<'static, PgConnection, U>
    + diesel_async::methods::LoadQuery<'static, AsyncPgConnection, U>
    + Send
    + 'static
{
}

impl<S, U> Rows<U> for S where
    S: diesel::RunQueryDsl<PgConnection>
        + diesel::query_dsl::LoadQuery<'static, PgConnection, U>
        + diesel_async::methods::LoadQuery<'static, AsyncPgConnection, U>
        + Send
        + 'static
{
}

/// Somebody new.
#[derive(Insertable, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[diesel(table_name = users)]
pub struct NewUser {
    /// What everybody shall call them.
    pub name: String,
}

/// Something new to read.
#[derive(Insertable, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
#[diesel(table_name = posts)]
pub struct NewPost {
    /// Who wrote it.
    pub author_id: i64,
    /// The headline.
    pub title: String,
    /// The text.
    pub body: String,
    /// Whether the page shows it.
    #[serde(default)]
    pub published: bool,
}

/// A vote on a post that the path names.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct NewVote {
    /// Who votes.
    pub user_id: i64,
    /// Which way.
    pub kind: VoteKind,
}

/// A comment on a post that the path names.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    /// Who says it.
    pub author_id: i64,
    /// What.
    pub body: String,
}

/// A post as lists show it.
#[derive(Queryable, Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What was written.
    #[serde(flatten)]
    pub post: Post,
    /// The name of who wrote it.
    pub author: String,
    /// Votes for it.
    pub up: i64,
    /// Votes against it.
    pub down: i64,
}

/// All users, in the order in which they came.
pub fn all_users() -> impl Rows<User> {
    users::table
        .order(users::id)
        .limit(MOST)
        .select(User::as_select())
}

/// Adds a user.
pub fn add_user(new: NewUser) -> impl Rows<User> {
    diesel::insert_into(users::table)
        .values(new)
        .returning(User::as_returning())
}

/// What is published, the newest first.
pub fn published_posts() -> impl Rows<Listed> {
    posts::table
        .inner_join(users::table)
        .filter(posts::published)
        .order((posts::created_at.desc(), posts::id.desc()))
        .limit(MOST)
        .select((
            Post::as_select(),
            users::name,
            votes::table
                .filter(votes::post_id.eq(posts::id))
                .filter(votes::kind.eq(VoteKind::Up))
                .count()
                .single_value()
                .assume_not_null(),
            votes::table
                .filter(votes::post_id.eq(posts::id))
                .filter(votes::kind.eq(VoteKind::Down))
                .count()
                .single_value()
                .assume_not_null(),
        ))
}

/// Adds a post.
pub fn add_post(new: NewPost) -> impl Rows<Post> {
    diesel::insert_into(posts::table)
        .values(new)
        .returning(Post::as_returning())
}

/// Votes, or votes otherwise: a user has one vote on a post.
pub fn vote(post: i64, new: NewVote) -> impl Rows<Vote> {
    diesel::insert_into(votes::table)
        .values((
            votes::post_id.eq(post),
            votes::user_id.eq(new.user_id),
            votes::kind.eq(new.kind),
        ))
        .on_conflict((votes::post_id, votes::user_id))
        .do_update()
        .set(votes::kind.eq(excluded(votes::kind)))
        .returning(Vote::as_returning())
}

/// What is said to a post, the oldest first.
pub fn comments_on(post: i64) -> impl Rows<Comment> {
    comments::table
        .filter(comments::post_id.eq(post))
        .order((comments::created_at, comments::id))
        .limit(MOST)
        .select(Comment::as_select())
}

/// Comments on a post.
pub fn comment(post: i64, new: NewComment) -> impl Rows<Comment> {
    diesel::insert_into(comments::table)
        .values((
            comments::post_id.eq(post),
            comments::author_id.eq(new.author_id),
            comments::body.eq(new.body),
        ))
        .returning(Comment::as_returning())
}
