//! The model as it is in the third chapter.

use limbeck::prelude::*;

/// A post, which has got a text.
#[derive(Model)]
#[model(table = "posts", register = false)]
pub(crate) struct Post {
    #[model(primary_key, identity = always)]
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) content: Option<String>, // new
}

/// The metadata of all models here. A real program lets them register themselves.
pub(crate) fn models() -> Vec<limbeck::ModelTable> {
    vec![Post::model()]
}
