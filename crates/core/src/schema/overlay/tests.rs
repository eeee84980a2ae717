//! What is desired, case by case: live, base and models in, the operations from live out.

use crate::schema::overlay::{Base, overlay};
use crate::schema::testing::{declared, id, lawful, renames, schema, words};

/// What a case is made of.
#[derive(Clone, Copy, Default)]
struct Case<'a> {
    live: &'a str,
    /// What the chain makes; `None` without scratch.
    base: Option<&'a str>,
    /// What of it generated revisions made; all of it where a word says `all`.
    generated: &'a [&'a str],
    models: &'a str,
    hints: &'a [(&'a str, &'a str)],
}

/// What remains to be done, in words, one a line.
#[track_caller]
fn check(case: Case<'_>, expected: &str) {
    let Case {
        live,
        base,
        generated,
        models,
        hints,
    } = case;
    let live = schema(live);
    let base = base.map(|base| {
        let schema = schema(base);
        let generated = match generated {
            ["all"] => schema.objects.keys().cloned().collect(),
            ids => ids.iter().map(|text| id(text)).collect(),
        };
        Base { schema, generated }
    });
    let models = declared(&schema(models), renames(hints));
    let desired = overlay(&live, base.as_ref(), &models);
    let operations = lawful(&live, &desired, &models.renames);
    let found = words(&operations);
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        expected,
        "found\n{found}"
    );

    // Laid over what they made, models want nothing more, whatever is known of base.
    let again = overlay(&desired, base.as_ref(), &models);
    assert_eq!(lawful(&desired, &again, &models.renames), [], "once more");
    assert_eq!(overlay(&desired, None, &models), desired, "without base");
}

const POSTS: &str = "
table posts
  id bigint
  title text
  primary posts_pkey id
  index posts_title_idx title
";

#[test]
fn new_tables_are_made_in_full() {
    check(
        Case {
            models: POSTS,
            ..Case::default()
        },
        "create table public.posts
         add column public.posts.id
         add column public.posts.title
         add primary key public.posts.posts_pkey
         create index public.posts_title_idx",
    );
}

#[test]
fn what_neither_base_nor_models_know_yields_nothing() {
    check(
        Case {
            live: "
schema other
enum mood happy sad
sequence counter
table posts
  id bigint
  title text default 'x'
  by_another bigint? default 7
  primary posts_pkey id
  index posts_title_idx title fillfactor 70
  index by_dba by_another where title>'' fillfactor 50
  check by_dba_check title>'' reads title
table audit
  id bigint
comment table:public.posts by somebody else
",
            base: Some(POSTS),
            generated: &["all"],
            models: POSTS,
            hints: &[],
        },
        "",
    );
}
