//! The models as they are from the fourth chapter on.

use chrono::{DateTime, Utc};
use limbeck::prelude::*;

/// A post.
#[derive(Model)]
#[model(table = "posts", register = false)]
pub(crate) struct Post {
    #[model(primary_key, identity = always)]
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) content: Option<String>,
}

/// Somebody who votes.
#[derive(Model)]
#[model(table = "users", register = false)]
pub(crate) struct User {
    #[model(primary_key, identity)]
    pub(crate) id: i64,
    #[model(unique, check = "position('@' in email) > 1")]
    pub(crate) email: String,
}

/// Which way a vote goes.
#[derive(PgEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoteKind {
    Up,
    Down,
}

/// A vote: one of a user for a post.
#[derive(Model)]
#[model(table = "votes", register = false, primary_key(user_id, post_id))]
#[model(index(columns(post_id, cast_at desc), where = "kind = 'up'"))]
pub(crate) struct Vote {
    #[model(references(User), on_delete = cascade)]
    pub(crate) user_id: i64,
    #[model(references(Post), on_delete = cascade)]
    pub(crate) post_id: i64,
    #[model(default = "'up'")]
    pub(crate) kind: VoteKind,
    #[model(default = "now()")]
    pub(crate) cast_at: DateTime<Utc>,
}

/// The metadata of all models here. A real program lets them register themselves.
pub(crate) fn models() -> Vec<limbeck::ModelTable> {
    vec![Post::model(), User::model(), Vote::model()]
}
