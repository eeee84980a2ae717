//! A new enum type in the place of an old one.

use super::build::*;
use super::{Case, Waived, check as run_case};

fn mood_column(table: &str, default: Option<&str>) -> Pair {
    column(table, "mood", "@mood", |column| {
        column.default = default.map(expression)
    })
}

#[test]
fn values_are_added_in_their_places() {
    run_case(Case {
        name: "add_values",
        before: vec![
            an_enum("mood", &["b", "d"]),
            table("t"),
            mood_column("t", None),
        ],
        operations: vec![alter(
            an_enum("mood", &["b", "d"]),
            an_enum("mood", &["a0", "a", "b", "c", "d", "it's"]),
        )],
        ..Case::default()
    });
}

#[test]
fn a_value_that_is_used_at_once_takes_a_new_type() {
    run_case(Case {
        name: "add_value_used",
        before: vec![an_enum("mood", &["a"]), table("t"), mood_column("t", None)],
        rows: "INSERT INTO t VALUES ('a');",
        operations: vec![
            alter(an_enum("mood", &["a"]), an_enum("mood", &["a", "b"])),
            alter(
                mood_column("t", None),
                mood_column("t", Some("'b'::public.mood")),
            ),
        ],
        expect: Some(("SELECT mood::text AS text FROM t", "a")),
        ..Case::default()
    });
}

#[test]
fn a_value_is_taken_away_everywhere() {
    let before = vec![
        an_enum("mood", &["a", "b", "c"]),
        comment(enum_id("mood"), "how it is"),
        table("t"),
        mood_column("t", Some("'a'::public.mood")),
        column("t", "moods", "@mood[]", |column| {
            column.nullable = false;
            column.default = Some(expression("'{a}'::public.mood[]"));
        }),
        check("t", "t_check", "mood <> 'b'::public.mood"),
        comment(constraint_id("t", "t_check"), "never b"),
        index("t_mood", "t", &["mood"], |_| {}),
        index("t_a", "t", &["moods"], |index| {
            index.predicate = Some(expression("(mood = 'a'::public.mood)"));
        }),
        table("u"),
        mood_column("u", None),
    ];
    run_case(Case {
        name: "remove_value",
        before,
        rows: "INSERT INTO t VALUES ('a', '{a,b}');",
        operations: vec![alter(
            an_enum("mood", &["a", "b", "c"]),
            an_enum("mood", &["b", "a"]),
        )],
        expect: Some((
            "SELECT concat_ws(' ', mood, moods) AS text FROM t",
            "a {a,b}",
        )),
        ..Case::default()
    });
}

#[test]
fn what_speaks_of_a_removed_value_is_replaced_around_it() {
    let positive = |value: &str| check("t", "t_check", &format!("mood <> '{value}'::public.mood"));
    let before = vec![
        an_enum("mood", &["a", "b"]),
        table("t"),
        mood_column("t", Some("'a'::public.mood")),
        positive("a"),
    ];
    run_case(Case {
        name: "remove_value_used",
        before,
        operations: vec![
            drop(positive("a")),
            alter(an_enum("mood", &["a", "b"]), an_enum("mood", &["b", "c"])),
            alter(
                mood_column("t", Some("'a'::public.mood")),
                mood_column("t", Some("'b'::public.mood")),
            ),
            create(positive("c")),
        ],
        // The default of before speaks of a value that comes back only with the type.
        waived: Some(Waived::Reverse),
        ..Case::default()
    });
}

#[test]
fn keys_and_generated_columns_go_over_with_the_type() {
    let worst = || {
        column("t", "worst", "boolean", |column| {
            column.generated = Some(expression("(mood = 'b'::public.mood)"));
        })
    };
    let first = || {
        column("t", "first", "@mood", |column| {
            column.generated = Some(expression(
                "CASE WHEN mood IS NULL THEN 'a'::public.mood ELSE mood END",
            ));
        })
    };
    let before = vec![
        an_enum("mood", &["a", "b", "c"]),
        table("moods"),
        column("moods", "mood", "@mood", not_null),
        primary_key("moods", &["mood"]),
        table("t"),
        mood_column("t", None),
        worst(),
        first(),
        comment(column_id("t", "worst"), "as bad as it gets"),
        foreign_key("t", "t_mood_fkey", &["mood"], "moods", &["mood"], |_| {}),
        index("t_worst", "t", &["worst"], |_| {}),
        index("t_mood", "t", &["mood"], |index| {
            index.predicate = Some(expression("(NOT worst)"));
        }),
        check("t", "t_first", "first IS NOT NULL"),
        comment(index_id("t_worst"), "the worst"),
    ];
    run_case(Case {
        name: "swap_keys",
        before,
        rows: "INSERT INTO moods VALUES ('a'), ('b'); INSERT INTO t VALUES ('b');",
        operations: vec![alter(
            an_enum("mood", &["a", "b", "c"]),
            an_enum("mood", &["b", "a"]),
        )],
        expect: Some((
            "SELECT concat_ws(' ', mood, worst, first) AS text FROM t",
            "b t b",
        )),
        ..Case::default()
    });
}

#[test]
fn a_column_that_leaves_the_type_may_hold_what_it_no_longer_has() {
    let leaving = |ty: &str, default: &str| {
        column("t", "mood", ty, |column| {
            column.default = Some(expression(default))
        })
    };
    run_case(Case {
        name: "swap_leaving",
        before: vec![
            an_enum("mood", &["a", "b"]),
            table("t"),
            leaving("@mood", "'a'::public.mood"),
            column("t", "gone", "@mood[]", plain),
        ],
        rows: "INSERT INTO t VALUES ('a', '{a}');",
        operations: vec![
            drop(column("t", "gone", "@mood[]", plain)),
            alter(an_enum("mood", &["a", "b"]), an_enum("mood", &["b"])),
            alter(
                leaving("@mood", "'a'::public.mood"),
                leaving("text", "'a'::text"),
            ),
        ],
        expect: Some(("SELECT mood AS text FROM t", "a")),
        // On the way back the value must come before the column.
        waived: Some(Waived::Reverse),
        ..Case::default()
    });
}

/// Both step aside, one after the other, and so does what is over both.
#[test]
fn one_constraint_over_two_types() {
    let schema = |states: &str, payments: &str| {
        format!(
            "CREATE TYPE state AS ENUM ({states}); CREATE TYPE payment AS ENUM ({payments});
             CREATE TABLE p (state state, payment payment, CONSTRAINT p_key PRIMARY KEY (state, payment));
             CREATE TABLE q (
                 id int, state state DEFAULT 'draft', payment payment DEFAULT 'open',
                 CONSTRAINT q_check CHECK (state = 'draft' OR payment = 'captured'),
                 CONSTRAINT q_fkey FOREIGN KEY (state, payment) REFERENCES p (state, payment));
             COMMENT ON CONSTRAINT q_check ON q IS 'paid for';"
        )
    };
    let before = schema("'draft', 'paid'", "'open', 'captured'");
    for after in [
        schema("'draft', 'paid', 'sent'", "'open', 'captured', 'refunded'"),
        schema("'paid', 'draft'", "'captured', 'open'"),
        schema("'draft'", "'captured', 'open'"),
    ] {
        let after = after.as_str();
        super::types::check(super::types::Pair {
            before: &before,
            after,
            ..super::types::Pair::default()
        });
        let silent = before.replace("COMMENT ON CONSTRAINT q_check ON q IS 'paid for';", "");
        let after = after.replace("COMMENT ON CONSTRAINT q_check ON q IS 'paid for';", "");
        super::types::check(super::types::Pair {
            before: &silent,
            after: &after,
            ..super::types::Pair::default()
        });
    }
}
