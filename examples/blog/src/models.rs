//! The tables: users, their posts, and the votes and comments on these.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use limbeck::prelude::*;
use serde::{Deserialize, Serialize};

/// Somebody who writes.
#[derive(Model, Queryable, Selectable, Serialize, Clone, Debug, PartialEq, Eq)]
#[model(diesel)]
#[diesel(table_name = users)]
pub struct User {
    /// The key.
    #[model(primary_key, identity)]
    pub id: i64,
    /// What everybody calls them.
    #[model(length = 40, unique, check = "name <> ''")]
    pub name: String,
    /// Since when.
    #[model(default = "now()")]
    pub created_at: DateTime<Utc>,
}

/// What somebody wrote.
#[derive(Model, Queryable, Selectable, Serialize, Clone, Debug, PartialEq, Eq)]
#[model(diesel, index(columns(created_at desc), where = "published"))]
#[diesel(table_name = posts)]
pub struct Post {
    /// The key.
    #[model(primary_key, identity)]
    pub id: i64,
    /// Who wrote it.
    #[model(references(User), on_delete = cascade, index)]
    pub author_id: i64,
    /// The headline.
    #[model(length = 200, check = "title <> ''")]
    pub title: String,
    /// The text.
    pub body: String,
    /// Whether the page shows it.
    #[model(default = "false")]
    pub published: bool,
    /// Since when.
    #[model(default = "now()")]
    pub created_at: DateTime<Utc>,
}

/// Which way a vote goes.
#[derive(PgEnum, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum VoteKind {
    /// For the post.
    Up,
    /// Against it.
    Down,
}

/// A vote: one of a user for a post.
#[derive(Model, Queryable, Selectable, Serialize, Clone, Debug, PartialEq, Eq)]
#[model(diesel, primary_key(post_id, user_id))]
#[diesel(table_name = votes, primary_key(post_id, user_id))]
pub struct Vote {
    /// What is voted on.
    #[model(references(Post), on_delete = cascade)]
    pub post_id: i64,
    /// Who votes.
    #[model(references(User), on_delete = cascade, index)]
    pub user_id: i64,
    /// Which way.
    #[model(diesel_type = "VoteKindType")]
    pub kind: VoteKind,
}

/// What somebody says to a post.
#[derive(Model, Queryable, Selectable, Serialize, Clone, Debug, PartialEq, Eq)]
#[model(diesel, index(columns(post_id, created_at)))]
#[diesel(table_name = comments)]
pub struct Comment {
    /// The key.
    #[model(primary_key, identity)]
    pub id: i64,
    /// To what.
    #[model(references(Post), on_delete = cascade)]
    pub post_id: i64,
    /// Who says it.
    #[model(references(User), on_delete = cascade, index)]
    pub author_id: i64,
    /// What.
    #[model(check = "body <> ''")]
    pub body: String,
    /// Since when.
    #[model(default = "now()")]
    pub created_at: DateTime<Utc>,
}

diesel::joinable!(posts -> users (author_id));
diesel::joinable!(comments -> users (author_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts, votes, comments);
