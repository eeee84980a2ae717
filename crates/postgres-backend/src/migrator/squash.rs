//! One revision in place of several: what they make together, written from the schemas before and after.
//!
//! The originals stay beside it. Which of the two a database goes by is told by its history
//! (`limbeck_core::revision::graph`, `runner/squash`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limbeck_core::error::on_one_line;
use limbeck_core::revision::directory::{self, DEFAULT_TEMPLATE};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::sql_digest;
use limbeck_core::revision::target::Target;
use limbeck_core::schema::diff::{diff, diff_back};
use limbeck_core::schema::operation::Operation;
use limbeck_core::token::{TokenKind, lex, significant, split};
use limbeck_core::{
    Error, ErrorKind, Migration, ObjectId, Result, Revision, RevisionId, Script, SqlMigration, Step,
};

use once_cell::sync::OnceCell;

use super::write::{Written, destroyed, moved, written};
use super::{Migrator, migrations};
use crate::ddl::{Context, render};
use crate::difference::difference;
use crate::hazard::{Direction, Hazard, hazards, hazards_of};
use crate::introspect::{Introspection, Unmanaged};
use crate::quote::Naming;
use crate::replay::{Asked, Ground, Range, Walk};
use crate::scratch::{self, ScratchSource};
use crate::statement::script;

/// Which revisions become one.
#[derive(Clone, Debug, Default)]
pub struct Squash {
    /// The lowest of them: a target.
    pub from: String,
    /// The highest: a target; all between the two are among them.
    pub to: String,
    /// One line for people.
    pub message: String,
    /// The identifier of the one; a new one unless stated.
    pub id: Option<RevisionId>,
    /// Whether to leave out what no schema tells: what the originals do to rows, roles and the like. Their text is
    /// copied as a comment.
    pub without_data: bool,
}

/// A revision that stands for others.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Squashed {
    /// What was written.
    pub written: Written,
    /// The revisions that it stands for, in their order.
    pub replaces: Vec<RevisionId>,
    /// What was left out, each with its revision.
    pub left_out: Vec<String>,
}

impl Migrator {
    /// Writes one revision in place of several that follow each other: it makes what they make
    /// together, which is seen in scratch, up and down, before it is written. The originals stay where they are:
    /// a database that stands among them goes on through them, one that has all of them counts the one as
    /// applied, and any other runs the one.
    ///
    /// # Errors
    /// [`ErrorKind::Target`] where they are no range that nothing else stands in; [`ErrorKind::Unsupported`] for
    /// what no schema tells, unless it is to be left out; [`ErrorKind::CannotCompare`] where the one would
    /// make something else than they do; and where no scratch can be had.
    pub fn squash(&self, squash: &Squash) -> Result<Squashed> {
        let path = self.directory()?;
        let (graph, source) = directory::load(&path)?;
        let there: BTreeSet<RevisionId> = graph.order().map(|one| one.id.clone()).collect();
        let migrator = self.with(migrations(source));
        let range = range(&graph, squash)?;
        let opaque = migrator.opaque(&range)?;
        if let (Some(Opaque { place, words, .. }), false) = (opaque.first(), squash.without_data) {
            let more = match opaque.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{place} does what no schema tells: `{words}`{more}"),
            )
            .with_hint(
                "a squash is written from schemas: leave that out with `--without-data`, which copies its text as a \
                 comment, where an empty database can do without; or squash what is below and above it",
            ));
        }

        let named = migrator.scratch_source();
        let has_name = named.url.is_some();
        let one = match migrator.tried(&graph, squash, &range, &opaque, &named) {
            // The role may not do there what the revisions do; on a server of our own it may.
            Err(error) if has_name && scratch::lacks_something(&error) => {
                let ours = ScratchSource {
                    url: None,
                    throwaway: true,
                };
                let tried = migrator.tried(&graph, squash, &range, &opaque, &ours);
                tried.map_err(|_| error)?
            }
            tried => tried?,
        };

        let new = directory::NewRevision {
            file_template: self
                .file_template
                .clone()
                .unwrap_or_else(|| DEFAULT_TEMPLATE.to_owned()),
            ..directory::NewRevision::new(
                one.revision,
                one.up,
                one.down.map(std::borrow::Cow::into_owned),
            )
        };
        let Some(folder) = directory::write_unless_moved(&path, &new, &there)? else {
            return Err(moved(&path));
        };
        Ok(Squashed {
            replaces: new.revision.replaces.clone(),
            written: written(new, folder),
            left_out: opaque
                .into_iter()
                .map(|Opaque { place, words, .. }| format!("{place}: {words}"))
                .collect(),
        })
    }

    /// The one revision, which has gone up and down in scratch.
    fn tried(
        &self,
        graph: &RevisionGraph,
        squash: &Squash,
        range: &[Revision],
        opaque: &[Opaque],
        source: &ScratchSource,
    ) -> Result<SqlMigration> {
        let (Some(first), Some(last)) = (range.first(), range.last()) else {
            return Err(no_range(squash));
        };
        let open = || {
            let scratch = scratch::open(source, None)?;
            Ok(Box::new(scratch) as Box<dyn Ground>)
        };
        let none = BTreeSet::new();
        let walk = Walk::new(self, &none, Asked::ByCommand, &open);
        let made = walk.range(graph, first, &last.id)?;
        let one = self.one(squash, range, &made, opaque);

        // The law: it makes what they make, and its way down leads back.
        let with_it = self.with(vec![Arc::new(one.clone())]);
        let graph = with_it.graph()?;
        let revision = graph.get(&one.revision.id).unwrap_or(&one.revision);
        let walk = Walk::new(&with_it, &none, Asked::ByCommand, &open);
        let [before, above, back, again] = walk.once(&graph, revision).map_err(|error| {
            Error::new(
                ErrorKind::CannotCompare,
                "what these revisions make together cannot be written as one revision",
            )
            .with_hint("nothing was written; squash a smaller range")
            .with_source(error)
        })?;
        for (what, wanted, found) in [
            ("makes something else than they do", &made.to, &above),
            ("does not lead back", &before, &back),
            ("makes something else when it goes up again", &above, &again),
        ] {
            refuse_difference(what, wanted, found)?;
        }
        Ok(one)
    }

    /// The same migrator with more revisions, or others in place of its own.
    fn with(&self, migrations: Vec<Arc<dyn Migration>>) -> Self {
        let mut with = self.clone();
        let mut all: BTreeMap<RevisionId, Arc<dyn Migration>> = BTreeMap::new();
        for migration in with.bundle.migrations.drain(..).chain(migrations) {
            all.insert(migration.revision().id.clone(), migration);
        }
        with.bundle.migrations = all.into_values().collect();
        with.runs = OnceCell::new();
        with
    }

    /// The one revision.
    fn one(
        &self,
        squash: &Squash,
        range: &[Revision],
        made: &Range,
        opaque: &[Opaque],
    ) -> SqlMigration {
        let Range {
            from,
            to,
            renames,
            replaced,
        } = made;
        let (from, to) = (&from.schema, &to.schema);
        let naming = Naming::within(self.own().schema());
        let there = diff(from, to, renames);
        let back = diff_back(from, to, renames);
        let up_hazards = hazards(&there, from, to);
        let down_hazards = hazards_of(Direction::Down, &back, to, from);
        let ids: Vec<String> = range.iter().map(|one| one.id.to_string()).collect();
        let mut header = on_one_line(&squash.message);
        if !header.is_empty() {
            header.push('\n');
        }
        header.push_str(&format!(
            "In place of {}: made from the schemas below and above them. Read it before you apply it.",
            ids.join(", ")
        ));
        for Opaque { place, text, .. } in opaque {
            header.push_str(&format!("\nLeft out of {place}:\n{text}"));
        }
        let ways = |operations: &[Operation], from, to, hazards: &[Hazard], header: &str| {
            let context = Context {
                from,
                to,
                naming: &naming,
            };
            script(&render(operations, &context), hazards, header)
        };
        let up = ways(&there, from, to, &up_hazards, &header);
        let down = ways(&back, to, from, &down_hazards, "The way back.");

        let id = squash.id.clone().unwrap_or_else(directory::new_id);
        let mut revision = Revision::new(id, sql_digest(&up));
        let within: BTreeSet<&RevisionId> = range.iter().map(|one| &one.id).collect();
        let mut generated = BTreeSet::new();
        let mut touches = Some(BTreeSet::new());
        let mut consent: BTreeSet<String> = BTreeSet::new();
        for one in range {
            generated.extend(one.generated.iter().cloned());
            consent.extend(one.consent.iter().cloned());
            touches = touches.zip(one.touches.clone()).map(|(mut all, more)| {
                all.extend(more);
                all
            });
            revision
                .branch_labels
                .extend(one.branch_labels.iter().cloned());
            for on in &one.depends_on {
                if !within.contains(&on.revision) && !revision.depends_on.contains(on) {
                    revision.depends_on.push(on.clone());
                }
            }
            revision.breaking |= one.breaking;
        }
        // What is dropped and made anew with nothing in it, they have consented to.
        let lost = hazards(replaced, from, to);
        let destructive = up_hazards.iter().chain(&lost);
        let destructive = destructive.filter(|hazard| hazard.severity.wants_consent());
        consent.extend(destructive.map(Hazard::consent));
        let stays = |text: &String| {
            let id = text.parse::<ObjectId>();
            id.is_ok_and(|id| to.get(&id).is_some())
        };
        revision.generated = generated.into_iter().filter(stays).collect();
        revision.touches = touches.map(|all| all.into_iter().collect());
        revision.consent = consent.into_iter().collect();
        revision.down_destroys = Some(destroyed(&down_hazards));
        revision.parents = range
            .first()
            .map(|one| one.parents.clone())
            .unwrap_or_default();
        // Its folder stands where theirs end.
        revision.created = range.last().and_then(|one| one.created.clone());
        revision.message.clone_from(&squash.message);
        revision.replaces = range.iter().map(|one| one.id.clone()).collect();
        SqlMigration {
            revision,
            up: up.into(),
            down: Some(down.into()),
        }
    }

    /// What the revisions do that no schema tells.
    fn opaque(&self, range: &[Revision]) -> Result<Vec<Opaque>> {
        let mut opaque = Vec::new();
        for revision in range {
            let migration = self
                .own()
                .migrations
                .iter()
                .find(|one| one.revision().id == revision.id);
            let Some(migration) = migration else {
                continue;
            };
            let (mut up, mut down) = (Script::new(), Script::new());
            migration.upgrade(&mut up)?;
            // One that is missing is written by the squash.
            let has_down = migration.downgrade(&mut down).is_ok();
            let ways = [("way up", up, true), ("way down", down, has_down)];
            for (way, script, _) in ways.into_iter().filter(|(_, _, there)| *there) {
                let place = format!("the {way} of revision `{}`", revision.id);
                for step in script.steps() {
                    let texts = match step {
                        Step::Sql { text, origin: _ } => untold(text),
                        Step::Data(step) => vec![format!("the data step {}", step.name)],
                        Step::AsyncData(step) => vec![format!("the data step {}", step.name)],
                        Step::Operation(_) => Vec::new(),
                    };
                    opaque.extend(texts.into_iter().map(|text| Opaque {
                        place: place.clone(),
                        words: shortened(&text),
                        text,
                    }));
                }
            }
        }
        Ok(opaque)
    }
}

/// Something that no schema tells.
struct Opaque {
    place: String,
    words: String,
    text: String,
}

/// The revisions between two, parents first, which nothing else stands in.
fn range(graph: &RevisionGraph, squash: &Squash) -> Result<Vec<Revision>> {
    let one = |target: &str| -> Result<RevisionId> {
        let found = Target::parse(target)?.resolve(graph, &BTreeSet::new())?;
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(
                Error::new(ErrorKind::Target, format!("`{target}` is not one revision"))
                    .with_hint("a range is `FIRST:LAST`, both of them in it"),
            ),
        }
    };
    let (first, last) = (one(&squash.from)?, one(&squash.to)?);
    let mut within = graph.descendants([&first]);
    within.insert(first.clone());
    let mut below = graph.ancestors([&last]);
    below.insert(last.clone());
    within.retain(|id| below.contains(id));
    if within.len() < 2 || !within.contains(&last) {
        return Err(no_range(squash));
    }
    let refused = |id: &RevisionId, told: String, hint: &str| {
        let error = Error::new(ErrorKind::Target, told).with_revision(id.clone());
        Err(error.with_hint(hint))
    };
    let range: Vec<Revision> = graph
        .order()
        .filter(|one| within.contains(&one.id))
        .cloned()
        .collect();
    for one in &range {
        let name = graph.describe(&one.id);
        let outside = |id: &&&RevisionId| !within.contains(**id);
        let above = graph.required_by(&one.id);
        if let Some(other) = above.iter().find(outside).filter(|_| one.id != last) {
            return refused(
                &one.id,
                format!(
                    "{} stands on revision {name}, in the middle of the range",
                    graph.describe(other)
                ),
                "end the range below the place where branches part, or begin it above",
            );
        }
        let parents = graph.parents(&one.id);
        if let Some(other) = parents.iter().find(outside).filter(|_| one.id != first) {
            return refused(
                &one.id,
                format!(
                    "revision {name} merges {}, which is not in the range",
                    graph.describe(other)
                ),
                "begin the range above the merge, or below the place where the branches part",
            );
        }
        if !one.replaces.is_empty() {
            return refused(
                &one.id,
                format!("revision {name} is a squash already"),
                "where every database has gone past what it replaces, delete that and take `replaces` out of its \
                 metadata",
            );
        }
        if !one.provides.is_empty() || one.depends_on.iter().any(|on| on.bundle.is_some()) {
            return refused(
                &one.id,
                format!("revision {name} refers to revisions of other bundles"),
                "leave it out: squash what is below and what is above it",
            );
        }
    }
    if graph.parents(&first).len() > 1 {
        return refused(
            &first,
            format!("revision {} merges branches", graph.describe(&first)),
            "begin the range above it",
        );
    }
    Ok(range)
}

fn no_range(squash: &Squash) -> Error {
    Error::new(
        ErrorKind::Target,
        format!(
            "`{}:{}` is no range of several revisions",
            squash.from, squash.to
        ),
    )
    .with_hint("the older revision comes first, and the other one stands on it")
}

/// Refuses where two are not the same.
fn refuse_difference(what: &str, wanted: &Introspection, found: &Introspection) -> Result<()> {
    let difference = difference(found, wanted, &[])?;
    let told: Vec<String> = difference
        .there
        .operations
        .iter()
        .map(Operation::describe)
        .collect();
    // Our own history is there from the first run on.
    let unmanaged = |of: &Introspection| -> Vec<Unmanaged> {
        let all = of.unmanaged.iter();
        all.filter(|it| it.kind != "history table")
            .cloned()
            .collect()
    };
    if told.is_empty() && unmanaged(wanted) == unmanaged(found) {
        return Ok(());
    }
    let told = match told.as_slice() {
        [] => String::new(),
        told => format!(": there is still to do {}", told.join("; ")),
    };
    Err(Error::new(
        ErrorKind::CannotCompare,
        format!("the one revision {what}{told}"),
    )
    .with_hint("nothing was written; squash a smaller range"))
}

/// The statements of a text that change something which no schema tells.
fn untold(text: &str) -> Vec<String> {
    let spans = split(text).unwrap_or_default();
    let statements = spans.into_iter().map(|span| text[span.range].to_owned());
    statements.filter(|statement| !is_told(statement)).collect()
}

/// Whether all that a statement does is seen in the schema, or passes.
fn is_told(statement: &str) -> bool {
    let words: Vec<String> = significant(statement)
        .take(3)
        .map(str::to_ascii_uppercase)
        .collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let of_server = match word(1) {
        "ROLE" | "GROUP" | "DATABASE" | "TABLESPACE" | "SYSTEM" | "SUBSCRIPTION" => true,
        "USER" => word(2) != "MAPPING",
        _ => false,
    };
    match word(0) {
        "CREATE" => !of_server && !holds_rows(statement),
        "ALTER" | "DROP" | "GRANT" | "REVOKE" | "COMMENT" => !of_server,
        // They act while the revision runs, and leave nothing.
        "SET" | "RESET" | "LOCK" | "ANALYZE" => true,
        _ => false,
    }
}

/// Whether a table is made with rows in it.
fn holds_rows(statement: &str) -> bool {
    let mut depth = 0_u32;
    let mut is_table = false;
    for (at, token) in lex(statement)
        .filter(|token| token.kind.is_significant())
        .enumerate()
    {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Behind `TEMP`, `UNLOGGED` and the like.
        is_table |= at < 4 && token.is_word("table");
        if is_table && depth == 0 && token.kind != TokenKind::QuotedName && token.is_word("as") {
            return true;
        }
    }
    false
}

/// A statement in a few words.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = on_one_line(&words.join(" "));
    match whole.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &whole[..at]),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::untold;

    #[test]
    fn what_no_schema_tells_is_found() {
        for told in [
            "CREATE TABLE a (b int DEFAULT 1)",
            "create view v as select 1",
            "ALTER TABLE a ALTER b TYPE text USING b::text",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO a VALUES (1) RETURNING 1'",
            "SET LOCAL lock_timeout = '1s'; COMMENT ON TABLE a IS 'INSERT'",
            "CREATE USER MAPPING FOR me SERVER s",
            "CREATE MATERIALIZED VIEW m AS SELECT 1",
        ] {
            assert_eq!(untold(told), [""; 0], "{told}");
        }
        for (text, opaque) in [
            (
                "CREATE TABLE a (); INSERT INTO a DEFAULT VALUES; -- x",
                "INSERT INTO a DEFAULT VALUES",
            ),
            ("update a set b = 1", "update a set b = 1"),
            ("DO $$ BEGIN END $$", "DO $$ BEGIN END $$"),
            ("SELECT setval('s', 7)", "SELECT setval('s', 7)"),
            (
                "CREATE UNLOGGED TABLE a AS SELECT 1",
                "CREATE UNLOGGED TABLE a AS SELECT 1",
            ),
            ("CREATE ROLE r", "CREATE ROLE r"),
            (
                "WITH x AS (SELECT 1) DELETE FROM a",
                "WITH x AS (SELECT 1) DELETE FROM a",
            ),
        ] {
            assert_eq!(untold(text), [opaque], "{text}");
        }
    }
}
