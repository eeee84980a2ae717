//! The endpoints, asked as browsers and strangers do.

use crate::process::{PROGRAMS, Process, request, server};

/// What is asked, the status, and what stands in the answer.
const STORY: &[(&str, &str, &str, u16, &str)] = &[
    ("GET", "/", "", 200, "Nothing is published yet."),
    ("GET", "/users", "", 200, "[]"),
    (
        "POST",
        "/users",
        r#"{"name":"ada"}"#,
        201,
        r#"{"id":1,"name":"ada""#,
    ),
    (
        "POST",
        "/users",
        r#"{"name":"<grace>"}"#,
        201,
        r#""name":"<grace>""#,
    ),
    ("POST", "/users", r#"{"name":"ada"}"#, 409, "users_name_key"),
    ("POST", "/users", r#"{"name":"  "}"#, 422, "`name` is empty"),
    ("POST", "/users", r#"{"name":"a\u0000b"}"#, 422, "NUL"),
    (
        "POST",
        "/users",
        r#"{"name":"01234567890123456789012345678901234567890"}"#,
        422,
        "more than 40",
    ),
    ("POST", "/users", r#"{"nam":"ada"}"#, 422, "unknown field"),
    ("POST", "/users", r#"{"name":"#, 400, "error"),
    (
        "POST",
        "/posts",
        r#"{"author_id":2,"title":"Hello & welcome","body":"We have moved.","published":true}"#,
        201,
        r#""title":"Hello & welcome""#,
    ),
    (
        "POST",
        "/posts",
        r#"{"author_id":1,"title":"Not yet","body":"A draft."}"#,
        201,
        r#""published":false"#,
    ),
    (
        "POST",
        "/posts",
        r#"{"author_id":99,"title":"t","body":"b"}"#,
        422,
        "posts_author_id_fkey",
    ),
    (
        "POST",
        "/posts",
        r#"{"author_id":99999999999999999999,"title":"t","body":"b"}"#,
        422,
        "error",
    ),
    (
        "POST",
        "/posts/1/votes",
        r#"{"user_id":1,"kind":"down"}"#,
        201,
        r#""kind":"down""#,
    ),
    (
        "POST",
        "/posts/1/votes",
        r#"{"user_id":1,"kind":"up"}"#,
        201,
        r#""kind":"up""#,
    ),
    (
        "POST",
        "/posts/1/votes",
        r#"{"user_id":1,"kind":"sideways"}"#,
        422,
        "sideways",
    ),
    (
        "POST",
        "/posts/9/votes",
        r#"{"user_id":1,"kind":"up"}"#,
        404,
        "error",
    ),
    (
        "POST",
        "/posts/one/votes",
        r#"{"user_id":1,"kind":"up"}"#,
        400,
        "one",
    ),
    (
        "POST",
        "/posts/1/comments",
        r#"{"author_id":1,"body":"Fine."}"#,
        201,
        "Fine.",
    ),
    (
        "POST",
        "/posts/1/comments",
        r#"{"author_id":9,"body":"Fine."}"#,
        422,
        "comments_author_id_fkey",
    ),
    ("GET", "/posts/1/comments", "", 200, r#""body":"Fine.""#),
    (
        "GET",
        "/posts",
        "",
        200,
        r#""author":"<grace>","up":1,"down":0}]"#,
    ),
    ("GET", "/", "", 200, "Hello &amp; welcome"),
    ("GET", "/", "", 200, "&lt;grace&gt;"),
    ("DELETE", "/users", "", 405, "error"),
    ("GET", "/nowhere", "", 404, "error"),
];

#[test]
fn requests_are_answered_and_bad_ones_are_told_so() {
    let server = server();
    for program in PROGRAMS {
        let database = server.create_database("blog").unwrap();
        let process = Process::start(program, &database, &[]);
        let address = process.application();
        for (method, path, body, status, expected) in STORY {
            let (found, answer) = request(&address, method, path, body);
            assert_eq!(found, *status, "{method} {path} {body}: {answer}");
            assert!(
                answer.contains(expected),
                "{method} {path} {body}: {answer}"
            );
            if found >= 400 {
                let told: serde_json::Value = serde_json::from_str(&answer).unwrap();
                assert!(told["error"].is_string(), "{answer}");
            }
        }
        let (_, page) = request(&address, "GET", "/", "");
        assert!(!page.contains("Not yet"), "{page}");
        assert!(!process.told().contains("panicked"), "{}", process.told());
    }
}
