//! The statements, each test on a database of its own; and the revisions.

use blog::migrator;
use blog::models::{User, VoteKind};
use blog::statements::{
    NewComment, NewPost, NewUser, NewVote, add_post, add_user, all_users, comment, comments_on,
    published_posts, vote,
};
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;

fn user(conn: &mut PgConnection, name: &str) -> QueryResult<User> {
    let name = name.to_owned();
    add_user(NewUser { name }).get_result(conn)
}

fn post(author: &User, title: &str, published: bool) -> NewPost {
    NewPost {
        author_id: author.id,
        title: title.to_owned(),
        body: "…".to_owned(),
        published,
    }
}

#[limbeck::test(migrator = migrator())]
fn a_user_has_one_vote_on_a_post(conn: &mut PgConnection) -> QueryResult<()> {
    let (ada, grace) = (user(conn, "ada")?, user(conn, "grace")?);
    let post = add_post(post(&ada, "Votes", true)).get_result(conn)?.id;
    for (user, kind) in [
        (&ada, VoteKind::Down),
        (&grace, VoteKind::Up),
        (&ada, VoteKind::Up),
    ] {
        let new = NewVote {
            user_id: user.id,
            kind,
        };
        assert_eq!(vote(post, new).get_result(conn)?.kind, kind);
    }
    let listed = published_posts().load(conn)?;
    let counted: Vec<_> = listed.iter().map(|it| (it.up, it.down)).collect();
    assert_eq!(counted, [(2, 0)]);
    Ok(())
}

#[limbeck::test(migrator = migrator())]
fn drafts_are_not_listed_and_the_newest_is_first(conn: &mut PgConnection) -> QueryResult<()> {
    let ada = user(conn, "ada")?;
    for (title, published) in [("first", true), ("a draft", false), ("second", true)] {
        add_post(post(&ada, title, published)).get_result(conn)?;
    }
    let listed = published_posts().load(conn)?;
    let titles: Vec<_> = listed.iter().map(|it| it.post.title.as_str()).collect();
    assert_eq!(titles, ["second", "first"]);
    assert_eq!(listed[0].author, "ada");
    Ok(())
}

/// The same statements, awaited.
#[limbeck::test(migrator = migrator())]
async fn comments_go_with_their_post(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    use diesel_async::RunQueryDsl;

    let name = "ada".to_owned();
    let ada = RunQueryDsl::get_result(add_user(NewUser { name }), conn).await?;
    let post = RunQueryDsl::get_result(add_post(post(&ada, "Comments", true)), conn).await?;
    for body in ["one", "two"] {
        let new = NewComment {
            author_id: ada.id,
            body: body.to_owned(),
        };
        RunQueryDsl::get_result(comment(post.id, new), conn).await?;
    }
    let said = RunQueryDsl::load(comments_on(post.id), conn).await?;
    let said: Vec<_> = said.iter().map(|it| it.body.as_str()).collect();
    assert_eq!(said, ["one", "two"]);

    let nobody = diesel::delete(blog::models::users::table);
    RunQueryDsl::execute(nobody, conn).await?;
    assert_eq!(RunQueryDsl::load(all_users(), conn).await?, []);
    assert_eq!(RunQueryDsl::load(comments_on(post.id), conn).await?, []);
    Ok(())
}

#[test]
fn revisions_are_well() {
    limbeck::testing::check(&migrator()).unwrap();
}

#[test]
fn a_database_of_any_age_goes_up_with_its_rows() {
    let upgrades = limbeck::testing::upgrades(migrator().own()).unwrap();
    assert_eq!(upgrades.from.len(), 2);
    assert!(upgrades.rows > 0 && upgrades.empty.is_empty(), "{upgrades}");
}
