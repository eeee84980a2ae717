//! What is desired, case by case: live, base and models in, the operations from live out.

use std::collections::BTreeSet;

use crate::schema::diff::rename::Settled;
use crate::schema::object::{Column, Object};
use crate::schema::operation::Operation;
use crate::schema::overlay::{Base, made, overlay};
use crate::schema::testing::{declared, id, lawful, renames, schema, words};

/// What a case is made of.
#[derive(Clone, Copy, Default)]
struct Case<'a> {
    live: &'a str,
    /// What the chain makes; `None` without scratch.
    base: Option<&'a str>,
    /// What of it generated revisions made; `all` for all of it.
    generated: &'a [&'a str],
    models: &'a str,
    hints: &'a [(&'a str, &'a str)],
}

/// Live is what generated revisions made.
fn ours<'a>(made: &'a str, models: &'a str) -> Case<'a> {
    Case {
        live: made,
        base: Some(made),
        generated: &["all"],
        models,
        hints: &[],
    }
}

/// Live is what hand-written revisions made.
fn written<'a>(made: &'a str, models: &'a str) -> Case<'a> {
    Case {
        generated: &[],
        ..ours(made, models)
    }
}

/// Live has what no revision made.
fn foreign<'a>(live: &'a str, made: &'a str, models: &'a str) -> Case<'a> {
    Case {
        live,
        ..ours(made, models)
    }
}

/// There is no base.
fn unknown<'a>(live: &'a str, models: &'a str) -> Case<'a> {
    Case {
        base: None,
        ..ours(live, models)
    }
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
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        expected,
        "found\n{found}"
    );

    // Laid over what they made, models want nothing more.
    let base = base.map(|base| revised(base, &operations));
    let again = overlay(&desired, base.as_ref(), &models);
    assert_eq!(
        words(&lawful(&desired, &again, &models.renames)),
        "",
        "once more"
    );
    let again = overlay(&desired, None, &models);
    assert_eq!(
        words(&lawful(&desired, &again, &models.renames)),
        "",
        "without base"
    );
}

/// Base when the operations have become a generated revision, but for what is none of base's and
/// only made anew.
pub(super) fn revised(base: Base, operations: &[Operation]) -> Base {
    let Base {
        mut schema,
        mut generated,
    } = base;
    generated.extend(made(operations, &generated));
    let mut foreign = BTreeSet::new();
    for operation in operations {
        match operation.clone() {
            Operation::Create { id, object } => {
                if !foreign.contains(&id) {
                    schema.insert(id, object);
                }
            }
            Operation::Drop { id, object: _ } => {
                if schema.remove(&id).is_none() {
                    foreign.insert(id);
                }
            }
            Operation::Alter { id, from, to } => {
                let present = schema.objects.get_mut(&id);
                match (present, from, to) {
                    // Each attribute by a statement of its own.
                    (Some(Object::Column(present)), Object::Column(from), Object::Column(to)) => {
                        alter(present, from, to)
                    }
                    (Some(present), _, to) => *present = to,
                    (None, _, _) => {}
                }
            }
            Operation::Rename { from, to } => {
                schema = Settled::one(&from, &to).carry(schema);
            }
        }
    }
    Base { schema, generated }
}

fn alter(present: &mut Column, from: Column, to: Column) {
    fn set<T: PartialEq>(present: &mut T, from: T, to: T) {
        if from != to {
            *present = to;
        }
    }
    let Column {
        sql_type,
        collation,
        nullable,
        not_null,
        default,
        identity,
        generated,
        storage,
        compression,
        statistics,
        options,
        computed,
        foreign_options,
    } = from;
    set(&mut present.sql_type, sql_type, to.sql_type);
    set(&mut present.collation, collation, to.collation);
    set(&mut present.nullable, nullable, to.nullable);
    set(&mut present.not_null, not_null, to.not_null);
    set(&mut present.default, default, to.default);
    set(&mut present.identity, identity, to.identity);
    set(&mut present.generated, generated, to.generated);
    set(&mut present.storage, storage, to.storage);
    set(&mut present.compression, compression, to.compression);
    set(&mut present.statistics, statistics, to.statistics);
    set(&mut present.options, options, to.options);
    set(&mut present.computed, computed, to.computed);
    set(
        &mut present.foreign_options,
        foreign_options,
        to.foreign_options,
    );
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
        foreign(
            "
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
            POSTS,
            POSTS,
        ),
        "",
    );
}

#[test]
fn a_column_goes_when_base_has_it_and_the_model_does_not() {
    let live = format!("{POSTS}\n  gone text\n  theirs text\n  index theirs_idx gone");
    let without = POSTS.replace("  index", "  gone text\n  index");
    check(
        foreign(&live, &without, POSTS),
        // Whatever is over it cannot stay, whoever made it.
        "drop index public.theirs_idx
         drop column public.posts.gone",
    );
    // Hand-written or generated does not count for columns.
    check(written(&without, POSTS), "drop column public.posts.gone");
    check(unknown(&without, POSTS), "");
}

#[test]
fn a_default_that_base_has_goes_and_another_stays() {
    let with = "table t\n  a bigint default 1 \n  b text collate C";
    let without = "table t\n  a bigint\n  b text";
    check(
        ours(with, without),
        "alter column public.t.a: no default
         alter column public.t.b: collation of the type",
    );
    check(foreign(with, without, without), "");
    check(unknown(with, without), "");
    check(
        foreign(with, without, "table t\n  a bigint default 2\n  b text"),
        "alter column public.t.a: default 2",
    );
}

#[test]
fn one_source_of_values_takes_the_others_away() {
    check(
        foreign(
            "table t\n  a bigint default 1",
            "",
            "table t\n  a bigint identity",
        ),
        "alter column public.t.a: no default, identity",
    );
    check(
        foreign(
            "table t\n  a bigint identity",
            "",
            "table t\n  a bigint default 1",
        ),
        "alter column public.t.a: default 1, no identity",
    );
    check(
        ours("table t\n  a bigint identity", "table t\n  a bigint"),
        "alter column public.t.a: no identity",
    );
    check(
        ours(
            "table t\n  a bigint\n  b bigint generated a",
            "table t\n  a bigint\n  b bigint",
        ),
        "alter column public.t.b: no longer generated",
    );
}

#[test]
fn serial_columns_keep_their_counter_unless_an_identity_is_stated() {
    let serial = "
sequence t_id_seq owned t.id
table t
  id bigint default nextval('t_id_seq') needs sequence:public.t_id_seq
";
    check(written(serial, "table t\n  id bigint"), "");
    check(ours(serial, "table t\n  id bigint"), "");
    for case in [ours, written] {
        check(
            case(serial, "table t\n  id bigint identity"),
            "alter column public.t.id: no default
             drop sequence public.t_id_seq
             alter column public.t.id: identity",
        );
    }
    check(
        unknown(serial, "table t\n  id bigint identity"),
        "alter column public.t.id: no default, identity",
    );
    // The sequence goes with the column.
    check(
        written(&format!("{serial}  a text"), "table t\n  a text"),
        "alter sequence public.t_id_seq: owned by none
         drop column public.t.id
         drop sequence public.t_id_seq",
    );
    // But not while another counts by it.
    check(
        written(
            &format!(
                "{serial}  a text\ntable u\n  a bigint default nextval('t_id_seq') needs sequence:public.t_id_seq"
            ),
            "table t\n  a text",
        ),
        "alter sequence public.t_id_seq: owned by none
         drop column public.t.id",
    );
}

#[test]
fn type_and_nullability_are_always_stated() {
    check(
        foreign(
            "table t\n  a integer?",
            "table t\n  a bigint",
            "table t\n  a bigint",
        ),
        "alter column public.t.a: type integer to bigint, not null",
    );
}

#[test]
fn identity_options_that_are_unsaid_follow_live_and_the_type() {
    use crate::schema::object::{SequenceOptions, SqlType};
    let options = |live: SequenceOptions, from: &str, to: &str| {
        let mut live_schema = schema(&format!("table t\n  a {from} identity"));
        let column = id("column:public.t.a");
        if let Some(Object::Column(column)) = live_schema.objects.get_mut(&column) {
            column.identity.as_mut().expect("an identity").options = live;
        }
        let models = declared(
            &schema(&format!("table t\n  a {to} identity")),
            renames(&[]),
        );
        match overlay(&live_schema, None, &models).get(&column) {
            Some(Object::Column(column)) => column.identity.clone().expect("an identity").options,
            other => panic!("{other:?}"),
        }
    };
    let of = |name: &str| SequenceOptions::of_type(&SqlType::Builtin(name.to_owned()));
    assert_eq!(options(of("integer"), "integer", "bigint"), of("bigint"));
    let theirs = SequenceOptions {
        start: 100,
        increment: 5,
        max: 1000,
        cycle: true,
        ..of("integer")
    };
    assert_eq!(options(theirs.clone(), "integer", "integer"), theirs);
    assert_eq!(options(theirs.clone(), "integer", "bigint"), theirs);
    let falling = SequenceOptions {
        start: -1,
        increment: -1,
        min: i64::from(i32::MIN),
        max: -1,
        ..of("integer")
    };
    let fallen = SequenceOptions {
        min: i64::MIN,
        ..falling.clone()
    };
    assert_eq!(options(falling, "integer", "bigint"), fallen);
}

#[test]
fn what_a_generated_revision_made_goes_with_the_model() {
    let made = "
enum mood happy sad
table posts
  id bigint
  title mood
  primary posts_pkey id
  index posts_title_idx title
comment table:public.posts what is written
";
    let drops = "
         drop comment on table public.posts
         drop index public.posts_title_idx
         drop primary key public.posts.posts_pkey
         drop column public.posts.title
         drop column public.posts.id
         drop table public.posts
         drop enum public.mood";
    check(ours(made, ""), drops);
    check(written(made, ""), "");
    check(unknown(made, ""), "");
    // A part of what was generated was changed by hand since, or made anew by somebody.
    check(
        Case {
            base: Some(""),
            ..ours(made, "")
        },
        "",
    );
    // Of a table that is hand-written, the generated parts go, but no column.
    check(
        Case {
            generated: &["column:public.posts.title", "index:public.posts_title_idx"],
            ..ours(made, "")
        },
        "drop index public.posts_title_idx",
    );
}

/// A table of values becomes an enum of its name.
#[test]
fn a_column_of_a_type_is_not_that_of_the_table_which_had_its_name() {
    let made = "
table status
  name text
  primary status_pkey name
table posts
  a text
  foreign posts_a_fkey a status(name)
";
    let goes = "drop foreign key public.posts.posts_a_fkey
         drop primary key public.status.status_pkey
         drop column public.status.name
         drop table public.status
         create enum public.status";
    let models = "enum status draft live\ntable posts\n  a status";
    let altered = "alter column public.posts.a: type text to public.status";
    check(ours(made, models), &format!("{goes}\n{altered}"));
    let models = "enum status draft live\ntable posts\n  a text\n  b status";
    let added = "add column public.posts.b";
    check(ours(made, models), &format!("{goes}\n{added}"));
}

#[test]
fn what_hand_written_revisions_made_stays_beside_the_model() {
    let made = format!("{POSTS}  check by_hand title>'' reads title\ncomment table:public.posts x");
    check(written(&made, POSTS), "");
    check(
        ours(&made, POSTS),
        "drop comment on table public.posts
         drop check public.posts.by_hand",
    );
}

#[test]
fn what_others_need_is_not_dropped() {
    // A column that somebody else added is of the type.
    check(
        foreign(
            "enum mood happy sad\ntable t\n  a mood\n  theirs mood",
            "enum mood happy sad\ntable t\n  a mood",
            "table t\n  a text",
        ),
        "alter column public.t.a: type public.mood to text",
    );
    // A foreign key of somebody else rests on the key.
    let made = "table t\n  a bigint\n  unique t_a_key a";
    let theirs = format!("{made}\ntable theirs\n  t bigint\n  foreign theirs_fkey t t(a)");
    check(foreign(&theirs, made, "table t\n  a bigint"), "");
    check(
        ours(made, "table t\n  a bigint"),
        "drop unique key public.t.t_a_key",
    );
    // A schema that others have moved into.
    let made = "schema blog\ntable blog.t\n  a bigint";
    check(
        foreign(
            "schema blog\ntable blog.t\n  a bigint\nsequence blog.theirs",
            made,
            "",
        ),
        "drop column blog.t.a
         drop table blog.t",
    );
    check(
        ours(made, ""),
        "drop column blog.t.a
         drop table blog.t
         drop schema blog",
    );
}

#[test]
fn foreign_keys_to_a_dropped_table_go_with_it() {
    let made = "table t\n  a bigint\n  primary t_pkey a";
    check(
        foreign(
            &format!("{made}\ntable theirs\n  t bigint\n  foreign theirs_fkey t t(a)"),
            made,
            "",
        ),
        "drop foreign key public.theirs.theirs_fkey
         drop primary key public.t.t_pkey
         drop column public.t.a
         drop table public.t",
    );
}

#[test]
fn an_unnamed_constraint_is_the_live_one_that_is_the_same_but_for_its_name() {
    check(
        unknown(
            "
table users
  id bigint
  email text
  primary pk_users id
  unique uq_email email
  check chk email>''
  foreign fk_self id users(id)
  index ix email
",
            "
table users
  id bigint
  email text
  primary users_pkey id
  unique users_email_key email
  check users_check email>''
  foreign users_id_fkey id users(id)
  index users_email_idx email
",
        ),
        "",
    );
}

#[test]
fn of_two_live_ones_that_are_the_same_that_of_base_counts() {
    let made = "table t\n  a bigint\n  index b_idx a";
    // The other one stays: somebody else made it.
    check(
        foreign(
            &format!("{made}\n  index a_idx a"),
            made,
            "table t\n  a bigint\n  index t_a_idx a",
        ),
        "",
    );
    // And that of base goes when the model has none.
    check(
        foreign(
            &format!("{made}\n  index a_idx a"),
            made,
            "table t\n  a bigint",
        ),
        "drop index public.b_idx",
    );
}

#[test]
fn a_named_one_is_the_live_one_of_that_name() {
    check(
        written(
            "table t\n  a bigint\n  b bigint\n  index my_idx a",
            "table t\n  a bigint\n  b bigint\n  index my_idx b",
        ),
        "drop index public.my_idx
         create index public.my_idx",
    );
    // An equal one of another name is another one.
    check(
        written(
            "table t\n  a bigint\n  index i a",
            "table t\n  a bigint\n  index my_idx a",
        ),
        "create index public.my_idx",
    );
    check(
        ours(
            "table t\n  a bigint\n  index i a",
            "table t\n  a bigint\n  index my_idx a",
        ),
        "rename index public.i to my_idx",
    );
}

#[test]
fn a_changed_unnamed_one_replaces_only_what_we_made() {
    let with =
        |predicate: &str| format!("table t\n  a bigint\n  index t_a_idx a where {predicate}");
    let (made, wanted) = (with("a>0"), with("a>1"));
    check(
        ours(&made, &wanted),
        "drop index public.t_a_idx
         create index public.t_a_idx",
    );
    check(written(&made, &wanted), "create index public.t_a_idx1");
    check(unknown(&made, &wanted), "create index public.t_a_idx1");
    let check_of = |text: &str| format!("table t\n  a bigint\n  check t_check {text}");
    check(
        written(&check_of("a>0"), &check_of("a>1")),
        "add check public.t.t_check1",
    );
}

#[test]
fn a_key_is_known_by_its_columns_and_stated_in_full() {
    let table = |keys: &str| format!("table t\n  a bigint\n  b bigint\n{keys}");
    let made = table("  primary pk a\n  unique uq b deferrable\n  foreign fk b t(a)");
    let wanted = table("  primary t_pkey a\n  unique t_b_key b\n  foreign t_b_fkey b t(a) cascade");
    check(
        unknown(&made, &wanted),
        "drop foreign key public.t.fk
         drop unique key public.t.uq
         add unique key public.t.uq
         add foreign key public.t.fk",
    );
}

#[test]
fn a_table_has_one_primary_key() {
    let table = |key: &str| format!("table t\n  a bigint\n  b bigint\n  primary {key}");
    // An unnamed one takes the place of the live one and keeps its name.
    check(
        unknown(&table("theirs a"), &table("t_pkey b")),
        "drop primary key public.t.theirs
         add primary key public.t.theirs",
    );
    check(
        unknown(&table("theirs a"), &table("my_pk a")),
        "rename constraint public.t.theirs to my_pk",
    );
    // Without one in the model, it stays unless we made it.
    check(
        unknown(&table("t_pkey a"), "table t\n  a bigint\n  b bigint"),
        "",
    );
    check(
        ours(&table("t_pkey a"), "table t\n  a bigint\n  b bigint"),
        "drop primary key public.t.t_pkey",
    );
}

#[test]
fn foreign_keys_go_when_the_models_change_the_key_below_them() {
    let table = |key: &str| format!("table t\n  a bigint\n  b bigint\n  primary t_pkey {key}\n");
    let theirs = "table theirs\n  t bigint\n  foreign theirs_fkey t t(a)";
    check(
        unknown(&format!("{}{theirs}", table("a")), &table("b")),
        "drop foreign key public.theirs.theirs_fkey
         drop primary key public.t.t_pkey
         add primary key public.t.t_pkey",
    );
}

#[test]
fn a_valid_constraint_stays_valid_and_another_is_validated() {
    let table = |flag: &str| format!("table t\n  a bigint\n  check t_check a>0{flag}");
    check(ours(&table(""), &table(" invalid")), "");
    check(
        ours(&table(" invalid"), &table("")),
        "alter check public.t.t_check: validate",
    );
    check(ours(&table(" invalid"), &table(" invalid")), "");
}

#[test]
fn index_storage_follows_live_unless_it_is_or_was_said() {
    let table = |storage: &str| format!("table t\n  a bigint\n  index t_a_idx a{storage}");
    let (seventy, none) = (table(" fillfactor 70"), table(""));
    check(
        ours(&seventy, &none),
        "alter index public.t_a_idx: storage parameters",
    );
    check(written(&seventy, &none), "");
    check(foreign(&seventy, &none, &none), "");
    check(foreign(&table(" fillfactor 60"), &seventy, &none), "");
    check(unknown(&seventy, &none), "");
    check(
        ours(&seventy, &table(" fillfactor 80")),
        "alter index public.t_a_idx: storage parameters",
    );
}

#[test]
fn enums_are_stated_in_full() {
    check(
        written(
            "enum mood happy sad\ntable t\n  a mood",
            "enum mood happy soso\ntable t\n  a mood",
        ),
        "alter enum public.mood: add value `soso`, remove value `sad`",
    );
}

#[test]
fn unlogged_follows_live_unless_it_is_or_was_said() {
    let (unlogged, logged) = ("table t unlogged\n  a bigint", "table t\n  a bigint");
    check(ours(unlogged, logged), "alter table public.t: logged");
    check(written(unlogged, logged), "");
    check(foreign(unlogged, logged, logged), "");
    check(unknown(unlogged, logged), "");
    check(ours(logged, unlogged), "alter table public.t: unlogged");
}

#[test]
fn identity_options_that_live_has_from_base_go_when_they_are_unsaid() {
    use crate::schema::object::{SequenceOptions, SqlType};
    let column = id("column:public.t.a");
    let plain = || schema("table t\n  a bigint identity");
    let with = |options: &SequenceOptions| {
        let mut schema = plain();
        if let Some(Object::Column(column)) = schema.objects.get_mut(&column) {
            column.identity.as_mut().expect("an identity").options = options.clone();
        }
        schema
    };
    let models = declared(&plain(), renames(&[]));
    let laid = |live: &SequenceOptions, base: &SequenceOptions, generated: bool| {
        let base = Base {
            schema: with(base),
            generated: generated.then(|| column.clone()).into_iter().collect(),
        };
        match overlay(&with(live), Some(&base), &models).get(&column) {
            Some(Object::Column(column)) => column.identity.clone().expect("an identity").options,
            other => panic!("{other:?}"),
        }
    };
    let options = |live: &SequenceOptions, base: &SequenceOptions| laid(live, base, true);
    let unsaid = SequenceOptions::of_type(&SqlType::Builtin("bigint".to_owned()));
    let made = SequenceOptions {
        start: 10,
        increment: 3,
        min: 4,
        max: 1000,
        cache: 5,
        cycle: true,
    };
    assert_eq!(options(&made, &made), unsaid);
    assert_eq!(options(&made, &unsaid), made);
    // What was written by hand was stated by no model.
    assert_eq!(laid(&made, &made, false), made);
    // What somebody made otherwise since stays, and nothing else.
    let by_hand = SequenceOptions {
        cache: 50,
        ..made.clone()
    };
    let cache = SequenceOptions {
        cache: 50,
        ..unsaid.clone()
    };
    assert_eq!(options(&by_hand, &made), cache);
    // A start that only followed from a bound goes with it.
    let bound = SequenceOptions {
        start: 5,
        min: 5,
        ..unsaid.clone()
    };
    assert_eq!(options(&bound, &bound), unsaid);
    // A way of counting that somebody turned round keeps what it was given.
    let turned = SequenceOptions {
        increment: -1,
        ..unsaid.clone()
    };
    assert_eq!(options(&turned, &unsaid), turned);
}

#[test]
fn a_renamed_table_takes_along_what_others_made() {
    let live = "
sequence users_id_seq owned users.id
table users
  id bigint default nextval('users_id_seq') needs sequence:public.users_id_seq
  email text
  theirs text
  primary users_pkey id
  unique users_email_key email
  index users_email_idx email
  index by_dba theirs
table posts
  author bigint
  foreign posts_author_fkey author users(id)
comment column:public.users.email where to write
";
    let models = "
table people
  id bigint
  mail text
  primary people_pkey id
  unique people_mail_key mail
  index people_mail_idx mail
table posts
  author bigint
  foreign posts_author_fkey author people(id)
comment column:public.people.mail where to write
";
    let base = live
        .replace("  theirs text\n", "")
        .replace("  index by_dba theirs\n", "");
    let case = Case {
        hints: &[
            ("table:public.people", "table:public.users"),
            ("column:public.people.mail", "column:public.users.email"),
        ],
        ..foreign(live, &base, models)
    };
    check(
        case,
        "rename table public.users to people
         rename column public.people.email to mail",
    );
    check(
        Case { base: None, ..case },
        "rename table public.users to people
         rename column public.people.email to mail",
    );
}

#[test]
fn columns_of_a_table_keep_their_order_and_new_ones_follow() {
    let live = schema("table t\n  c bigint\n  theirs bigint\n  a bigint");
    let models = declared(
        &schema(
            "table t\n  z bigint\n  a bigint\n  b bigint\n  c bigint\ntable u\n  y bigint\n  x bigint",
        ),
        renames(&[]),
    );
    let desired = overlay(&live, None, &models);
    let order = |table: &str| -> Vec<String> {
        let table = crate::schema::testing::qualified(table);
        desired
            .columns(&table)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(order("t"), ["c", "theirs", "a", "z", "b"]);
    assert_eq!(order("u"), ["y", "x"]);
}

#[test]
fn edges_are_kept_where_what_reads_them_is_unchanged() {
    let live = schema(
        "table t\n  a bigint\n  b bigint generated a reads a\n  check my_c a>0 reads a\n  check my_d a>1 reads a",
    );
    let models = declared(
        &schema("table t\n  a bigint\n  b bigint? generated a\n  check my_c a>0\n  check my_d a>2"),
        renames(&[]),
    );
    let desired = overlay(&live, None, &models);
    assert!(desired.depends.contains_key(&id("column:public.t.b")));
    assert!(
        desired
            .depends
            .contains_key(&id("constraint:public.t.my_c"))
    );
    assert!(
        !desired
            .depends
            .contains_key(&id("constraint:public.t.my_d"))
    );
}
