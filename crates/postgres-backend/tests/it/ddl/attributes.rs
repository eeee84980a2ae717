//! Every attribute of every kind, changed and changed back: `tests/cases/attributes/<kind>.sql` holds the
//! cases, `attributes.md` beside them which of them changes what. Both lists come from the code: what an
//! attribute is, from the fields of the kinds; what a case changes, from what was read of its two sides.
//!
//! They are run on the installed major, the oldest and the newest; on all of them by `cargo xtask majors`.
//!
//! A case begins with `--@ name`, or `--@ name, since 15` where older majors do not know it, or `--@ name,
//! one way` where Postgres knows no way back; `--@ becomes` stands between its two sides.
//! Set `LIMBECK_BLESS` to write `attributes.md` anew. Set `LIMBECK_TEST_CASES` to a part of `kind: name` to
//! run only the cases that hold it; what they change is then not counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use limbeck_core::{Object, Schema};

use super::types::{Pair, check};
use crate::support::servers;

/// What no case can change, and why.
const REASONS: &[(&str, &str)] = &[
    (
        "Aggregate.arguments",
        "they tell aggregates of a name apart: with others it is another one",
    ),
    (
        "DefaultScope.grantee",
        "part of the identity: another one is another grant",
    ),
    (
        "DefaultScope.kind",
        "part of the identity: another one is another grant",
    ),
    (
        "DefaultScope.role",
        "part of the identity: another one is another grant",
    ),
    (
        "DefaultScope.schema",
        "part of the identity: another one is another grant",
    ),
    (
        "Extension.relocatable",
        "what its control file says; it decides how its schema changes",
    ),
    (
        "Grant.initial",
        "what Postgres gives by itself: it follows from the kind and the grantee, which are the identity",
    ),
    (
        "MaterializedView.populated",
        "rows are no schema; a new one is made as it says",
    ),
    (
        "Operator.announced",
        "another operator is there or not: that is the difference",
    ),
    (
        "Range.canonical",
        "its function is written over a shell of the type; stated when a range is made",
    ),
    (
        "Sequence.logging",
        "what the server knows, which is no difference",
    ),
];

/// A table and an index of cases are put there.
const TABLESPACE: &str = "limbeck_case";

struct Case {
    /// Its file and its name.
    name: String,
    since: u32,
    one_way: bool,
    before: String,
    after: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn cases() -> Vec<Case> {
    let folder = folder().join("attributes");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("there are cases")
        .map(|entry| entry.expect("the folder is read").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a case is UTF-8");
        let kind = file.file_stem().expect("a name").to_string_lossy();
        let mut parts = text.split("--@ ").skip(1).peekable();
        while let Some(part) = parts.next() {
            let (head, before) = part.split_once('\n').expect("a case has two sides");
            let after = parts.next().and_then(|part| part.strip_prefix("becomes\n"));
            let (head, one_way) = match head.strip_suffix(", one way") {
                Some(head) => (head, true),
                None => (head, false),
            };
            let (name, since) = match head.rsplit_once(", since ") {
                Some((name, since)) => (name, since.parse().expect("a major version")),
                None => (head, 0),
            };
            cases.push(Case {
                name: format!("{kind}: {name}"),
                since,
                one_way,
                before: before.to_owned(),
                after: after.expect("it becomes something").to_owned(),
            });
        }
    }
    cases
}

/// Every public field of what is an object or part of one, as `Table.persistence`.
fn fields() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/schema/object");
    let mut fields = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("the kinds are there") {
        let text = fs::read_to_string(entry.expect("a file").path()).expect("a file");
        let mut of = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("pub struct ") {
                of = rest.strip_suffix(" {");
            } else if line == "}" {
                of = None;
            } else if let Some(of) = of
                && let Some((field, _)) = line
                    .strip_prefix("    pub ")
                    .and_then(|rest| rest.split_once(": "))
            {
                fields.insert(format!("{of}.{}", field.trim_start_matches("r#")));
            }
        }
    }
    fields
}

/// The values of all fields of an object and its parts, by the name of the field, in the order in
/// which they stand in it.
fn values(object: &Object) -> BTreeMap<String, Vec<String>> {
    let text = format!("{object:#?}");
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // What is open: the depth of its fields, and its name.
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let depth = indent(line);
        open.retain(|(of, _)| *of <= depth);
        let mut rest = line.trim_start();
        if let Some((of, name)) = open.last()
            && *of == depth
            && let Some((field, value)) = rest.split_once(": ")
        {
            let inside = lines[number + 1..].iter();
            let inside = inside.take_while(|line| {
                indent(line) > depth || line.trim_start().starts_with([')', ']', '}'])
            });
            let value: String = [value].into_iter().chain(inside.copied()).collect();
            let name = format!("{name}.{}", field.trim_start_matches("r#"));
            values.entry(name).or_default().push(value);
            rest = line
                .trim_start()
                .split_once(": ")
                .map_or("", |(_, value)| value);
        }
        if let Some(name) = rest.strip_suffix(" {") {
            open.push((depth + 4, name));
        }
    }
    values
}

/// The fields that differ between two schemas in an object that both have.
fn changed(before: &Schema, after: &Schema) -> BTreeSet<String> {
    let mut changed = BTreeSet::new();
    for (id, object) in &before.objects {
        let Some(other) = after.get(id).filter(|other| *other != object) else {
            continue;
        };
        let other = values(other);
        for (field, values) in values(object) {
            if let Some(others) = other.get(&field)
                && others.len() == values.len()
                && *others != values
            {
                changed.insert(field);
            }
        }
    }
    changed
}

#[test]
fn every_attribute_of_every_kind_is_changed_and_changed_back() {
    let own = std::env::var_os("LIMBECK_TEST_DATABASE_URL").is_none();
    for server in servers() {
        let database = crate::support::TestDatabase::on(&server);
        let mut connection = database.connect();
        if own {
            for sql in [
                "SET allow_in_place_tablespaces = on".to_owned(),
                format!("CREATE TABLESPACE {TABLESPACE} LOCATION ''"),
            ] {
                // Another run may have left it there.
                let _ = connection.batch_execute(&sql);
            }
        }
    }
    let chosen = std::env::var("LIMBECK_TEST_CASES").ok();
    let mut covered: BTreeMap<String, String> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut ran = 0;
    for Case {
        name,
        since,
        one_way,
        before,
        after,
    } in cases()
    {
        if !chosen.as_ref().is_none_or(|part| name.contains(part)) {
            continue;
        }
        // A server that is not ours gets no tablespace.
        if !own && format!("{before}{after}").contains(TABLESPACE) {
            continue;
        }
        let pair = || {
            check(Pair {
                since,
                before: &before,
                after: &after,
                no_way_back: one_way.then_some("the case says so"),
                ..Pair::default()
            })
        };
        ran += 1;
        match std::panic::catch_unwind(pair) {
            Ok(seen) => {
                for (before, after) in seen {
                    for field in changed(&before, &after) {
                        covered.entry(field).or_insert_with(|| name.clone());
                    }
                }
            }
            Err(_) => failures.push(name),
        }
    }
    assert_eq!(failures, [""; 0], "these do not hold; each says why above");
    if let Some(part) = chosen {
        assert_ne!(ran, 0, "no case holds `{part}`");
        return;
    }
    let mut table = "| attribute | case |\n|---|---|\n".to_owned();
    let mut missing = Vec::new();
    for field in fields() {
        let reason = REASONS.iter().find(|(of, _)| *of == field);
        match (covered.get(&field), reason) {
            (Some(case), None) => table += &format!("| `{field}` | {case} |\n"),
            (None, Some((_, reason))) => table += &format!("| `{field}` | none: {reason} |\n"),
            (None, None) => missing.push(field),
            (Some(case), Some(_)) => panic!("`{field}` needs no reason: {case} changes it"),
        }
    }
    let file = folder().join("attributes.md");
    if std::env::var_os("LIMBECK_BLESS").is_some() {
        fs::write(&file, &table).expect("the table is written");
    }
    assert_eq!(missing, [""; 0], "no case changes these");
    if own {
        assert_eq!(fs::read_to_string(&file).expect("a table"), table);
    }
}
