//! The paths of the application, over either pool.

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::failure::Failure;
use crate::models::{Comment, Post, User, Vote};
use crate::page;
use crate::statements::{self, Listed, NewComment, NewPost, NewUser, NewVote};
use crate::store::Store;

type Body<T> = Result<Json<T>, JsonRejection>;
type Id = Result<Path<i64>, PathRejection>;
type Created<T> = Result<(StatusCode, Json<T>), Failure>;
type Found<T> = Result<Json<Vec<T>>, Failure>;

/// All paths.
pub fn router<S: Store>(store: S) -> Router {
    Router::new()
        .route("/", get(front::<S>))
        .route("/users", get(list_users::<S>).post(create_user::<S>))
        .route("/posts", get(list_posts::<S>).post(create_post::<S>))
        .route("/posts/{id}/votes", post(vote::<S>))
        .route(
            "/posts/{id}/comments",
            get(list_comments::<S>).post(comment::<S>),
        )
        .fallback(async || Failure::not_found())
        .method_not_allowed_fallback(async || Failure::wrong_method())
        .with_state(store)
}

async fn front<S: Store>(State(store): State<S>) -> Result<Html<String>, Failure> {
    let posts = store.rows(statements::published_posts()).await?;
    Ok(Html(page::front(&posts)))
}

async fn list_users<S: Store>(State(store): State<S>) -> Found<User> {
    store.rows(statements::all_users()).await.map(Json)
}

async fn create_user<S: Store>(State(store): State<S>, body: Body<NewUser>) -> Created<User> {
    let Json(new) = body?;
    check("name", &new.name, 40)?;
    created(store.row(statements::add_user(new)).await)
}

async fn list_posts<S: Store>(State(store): State<S>) -> Found<Listed> {
    store.rows(statements::published_posts()).await.map(Json)
}

async fn create_post<S: Store>(State(store): State<S>, body: Body<NewPost>) -> Created<Post> {
    let Json(new) = body?;
    check("title", &new.title, 200)?;
    check("body", &new.body, 100_000)?;
    created(store.row(statements::add_post(new)).await)
}

async fn vote<S: Store>(State(store): State<S>, id: Id, body: Body<NewVote>) -> Created<Vote> {
    let (Path(post), Json(new)) = (id?, body?);
    created(store.row(statements::vote(post, new)).await)
}

async fn list_comments<S: Store>(State(store): State<S>, id: Id) -> Found<Comment> {
    let Path(post) = id?;
    store.rows(statements::comments_on(post)).await.map(Json)
}

async fn comment<S: Store>(
    State(store): State<S>,
    id: Id,
    body: Body<NewComment>,
) -> Created<Comment> {
    let (Path(post), Json(new)) = (id?, body?);
    check("body", &new.body, 10_000)?;
    created(store.row(statements::comment(post, new)).await)
}

fn created<T>(made: Result<T, Failure>) -> Created<T> {
    Ok((StatusCode::CREATED, Json(made?)))
}

/// What a column would refuse, in words.
fn check(field: &str, text: &str, most: usize) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::invalid(format!("`{field}` is empty")));
    }
    if text.contains('\0') {
        return Err(Failure::invalid(format!("`{field}` has a NUL in it")));
    }
    if text.chars().count() > most {
        return Err(Failure::invalid(format!(
            "`{field}` has more than {most} characters"
        )));
    }
    Ok(())
}
