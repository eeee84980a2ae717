//! A draft on trial: it goes up and down in scratch before anything is written, so that no revision is
//! generated that Postgres refuses.
//!
//! Scratch holds what the revisions make, and no rows: what rows do to a statement is for hazards to
//! tell. The database may hold more than the revisions make, and models may refer to that; where
//! what Postgres refuses is about a name that only one of the two has, it is a note and no error.

use std::collections::BTreeSet;

use diesel::connection::{LoadConnection, SimpleConnection};
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::diff::{Renames, diff};
use limbeck_core::schema::lower::lower;
use limbeck_core::schema::model::ModelTable;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{
    DatabaseError, Error, ErrorKind, Ident, Object, ObjectId, QualifiedName, Result, Schema,
};

use super::Migrator;
use super::given::Given;
use crate::aside::{under_own_path, undone};
use crate::autogenerate::{self, Comparison, Draft};
use crate::error::{database_error, failure};
use crate::introspect::introspect;
use crate::quote::{Naming, ident};
use crate::runner::{DbFailure, FailureKind};
use crate::scratch::Scratch;
use crate::statement::Statement;

/// A statement that Postgres does not take, and what it says.
struct Refusal<'a> {
    statement: &'a Statement,
    failure: DbFailure,
}

/// What a trial told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What should be said.
    pub(super) note: Option<String>,
    /// What the way down leaves otherwise than it was, and what would be as it was if it made it anew. Rows are in
    /// none of that.
    pub(super) anew: BTreeSet<ObjectId>,
}

impl Told {
    pub(super) fn note(note: String) -> Self {
        Self {
            note: Some(note),
            anew: BTreeSet::new(),
        }
    }
}

/// Which way a draft goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Migrator {
    /// Tries a draft in scratch that holds `base`, and says what it could not tell.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] where Postgres refuses a statement of the way up, with the model that it
    /// is about; [`ErrorKind::Unsupported`] for one of the way down.
    pub(super) fn try_draft<C>(
        &self,
        connection: &mut C,
        draft: &Draft,
        base: &Schema,
        given: &mut Given,
        scratch: &mut Scratch,
    ) -> Result<Told>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let placement = self.own().schema();
        let there = scratch.connection();
        without_rows(there, base);
        // What the draft itself brings is no stranger to either.
        let ours = names(there)?;
        for (way, statements) in [(Way::Up, &draft.up), (Way::Down, &draft.down)] {
            let mut gone = go(there, statements, &placement)?;
            if gone.is_some() && given.bring(there) {
                gone = go(there, statements, &placement)?;
            }
            let Some(refusal) = gone else {
                if way == Way::Up {
                    self.refuse_unreadable(there, draft)?;
                }
                continue;
            };
            let words = &refusal.failure.message;
            let theirs = names(connection)?;
            let apart = ours.symmetric_difference(&theirs);
            if let Some(name) = { apart }.find(|name| mentions(words, name)) {
                return Ok(Told::note(format!(
                    "whether postgres takes this revision was not told: `{name}` is not both in the \
                     database and in what the revisions make ({words})"
                )));
            }
            let models = self.models_in_place()?;
            return Err(refused(&refusal, way, draft, &models, &placement)?);
        }
        let back = introspect(there, &self.scope()?)?.schema;
        // The placement is made for the trial, and `public` is everywhere.
        let left: Vec<Operation> = diff(&back, base, &Renames::default())
            .into_iter()
            .filter(|operation| !matches!(operation.id(), ObjectId::Namespace(_)))
            .collect();
        if left.is_empty() {
            return Ok(Told::default());
        }
        let words: Vec<String> = left.iter().map(ToString::to_string).collect();
        Ok(Told {
            anew: left
                .iter()
                .map(Operation::id)
                .filter(|id| holds_no_rows(id) && back.get(id).is_some() && base.get(id).is_some())
                .cloned()
                .collect(),
            note: Some(format!(
                "the way down does not lead back: there is still to do {}; where it has been gone, `check` calls \
                 that drift, and no revision is generated until it is done by hand",
                words.join("; ")
            )),
        })
    }
}

impl Migrator {
    /// The models are read once more where what is renamed has its new name: an expression of theirs that still says
    /// the old one was understood before, and is not from then on.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] with what Postgres refuses.
    fn refuse_unreadable(&self, there: &mut PgConnection, draft: &Draft) -> Result<()> {
        let renames = |operation: &Operation| matches!(operation, Operation::Rename { .. });
        if !draft.operations.iter().any(renames) {
            return Ok(());
        }
        let live = introspect(there, &self.scope()?)?;
        let comparison = Comparison {
            live: &live.schema,
            base: None,
            models: &self.models_in_place()?,
            sql: &self.declared_sql()?,
            placement: &self.own().schema(),
            others: &self.others()?.objects,
            shipped: self.shipped,
            renames: &[],
            refuse_drift: false,
            anew: &BTreeSet::new(),
        };
        let mut scratch = self.scratch(live.major());
        match autogenerate::compare(there, &comparison, &mut scratch) {
            Err(error) if error.kind() == ErrorKind::Model => Err(error.with_hint(
                "it still says what is renamed: say the new name there, too; nothing was written",
            )),
            // What only this scratch cannot tell is no fault of the models.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Whether something may be dropped and made anew with nothing lost: all of it is in its definition.
fn holds_no_rows(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Constraint { .. }
            | ObjectId::Index(_)
            | ObjectId::Statistics(_)
            | ObjectId::View(_)
            | ObjectId::Rule { .. }
            | ObjectId::Trigger { .. }
            | ObjectId::Policy { .. }
            | ObjectId::DomainConstraint { .. }
    )
}

/// Empties the tables: revisions may have put rows into them.
fn without_rows(there: &mut PgConnection, base: &Schema) {
    let naming = Naming::everywhere();
    let tables: Vec<String> = base
        .objects
        .keys()
        .filter_map(|id| match id {
            ObjectId::Table(name) => Some(naming.qualified(name).to_string()),
            _ => None,
        })
        .collect();
    if !tables.is_empty() {
        // A trigger may forbid it; then they keep their rows.
        let _ = there.batch_execute(&format!("TRUNCATE {} CASCADE", tables.join(", ")));
    }
}

/// Runs statements as a revision of theirs would: in one transaction, in the placement.
fn go<'a>(
    there: &mut PgConnection,
    statements: &'a [Statement],
    placement: &Ident,
) -> Result<Option<Refusal<'a>>> {
    let placement = ident(placement);
    let before = format!(
        "CREATE SCHEMA IF NOT EXISTS {placement};\nSET LOCAL search_path = {placement}, public;\n"
    );
    let mut batch = before.clone();
    for Statement { sql, .. } in statements {
        batch.push_str(sql);
        batch.push_str("\n;\n");
    }
    // One message is one implicit transaction.
    let Err(whole) = there.batch_execute(&batch) else {
        return Ok(None);
    };
    // Which of them it was, and where in it.
    let found = undone(there, |there| {
        there
            .batch_execute(&before)
            .map_err(|error| database_error(error, "a draft was tried"))?;
        Ok(statements.iter().find_map(|statement| {
            let error = there.batch_execute(&statement.sql).err()?;
            Some(Refusal {
                statement,
                failure: failure(&error),
            })
        }))
    })?;
    match found {
        Some(refusal) if refusal.failure.kind == FailureKind::Database => Ok(Some(refusal)),
        Some(_) | None => Err(database_error(whole, "a draft was tried")),
    }
}

/// The names of everything that is there.
fn names<C>(connection: &mut C) -> Result<BTreeSet<String>>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let rows: Vec<Row> = under_own_path(connection, |connection| {
        sql_query(include_str!("names.sql"))
            .load(connection)
            .map_err(|error| database_error(error, "the catalog was read"))
    })?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// Whether words hold a name as a whole.
fn mentions(words: &str, name: &str) -> bool {
    let in_a_name = |c: char| c.is_alphanumeric() || c == '_';
    !name.is_empty()
        && words.match_indices(name).any(|(at, _)| {
            let before = words[..at].chars().next_back();
            let after = words[at + name.len()..].chars().next();
            let goes_on = |beside: Option<char>, end: Option<char>| {
                beside.is_some_and(in_a_name) && end.is_some_and(in_a_name)
            };
            !goes_on(before, name.chars().next()) && !goes_on(after, name.chars().next_back())
        })
}

/// The error, with the model and the part of it that the statement is about.
fn refused(
    refusal: &Refusal<'_>,
    way: Way,
    draft: &Draft,
    models: &[ModelTable],
    placement: &Ident,
) -> Result<Error> {
    let Refusal { statement, failure } = refusal;
    let about = blamed(statement, failure);
    let what = match (way, about) {
        (Way::Up, Some(ObjectId::Column { table, name })) => {
            format!("the column `{table}.{name}`")
        }
        (Way::Up, Some(ObjectId::Constraint { table, name })) => {
            format!("the constraint `{name}` of `{table}`")
        }
        (Way::Up, Some(ObjectId::Table(name) | ObjectId::Index(name) | ObjectId::Enum(name))) => {
            let kind = about.map_or("table", ObjectId::kind);
            format!("the {kind} `{name}`")
        }
        (Way::Up, _) => format!("`{}`", statement.reason),
        (Way::Down, _) => format!("the way back, `{}`,", statement.reason),
    };
    let table = about.and_then(|id| table_of(id, &draft.operations));
    let model = models.iter().find(|model| {
        let schema = model.schema.as_deref().unwrap_or(placement.as_str());
        table.is_some_and(|table| {
            table.schema.as_str() == schema && table.name.as_str() == model.table
        })
    });
    let declared = lower(models, placement)?;
    let origin = match (model, about.and_then(|id| declared.origins.get(id))) {
        (Some(model), _) => format!("`{}` ({}): ", model.rust_name, model.location),
        (None, Some(origin)) => format!("{origin}: "),
        (None, None) => String::new(),
    };
    let DbFailure {
        message,
        detail,
        hint,
        table,
        column,
        constraint,
        sqlstate,
        kind: _,
        position: _,
    } = failure;
    let (kind, next) = match way {
        Way::Up => (
            ErrorKind::Model,
            if message.contains("operator class") || message.contains("does not exist") {
                "put it right in the model, or make the extension that has it in a revision of your own, first: \
                 nothing was written"
            } else {
                "put it right in the model: nothing was written"
            },
        ),
        Way::Down => (
            ErrorKind::Unsupported,
            "nothing was written: write this revision by hand",
        ),
    };
    let error = Error::new(
        kind,
        format!("{origin}{what} is refused by postgres: {message}"),
    )
    .with_hint(next)
    .with_database(DatabaseError {
        message: message.clone(),
        detail: detail.clone(),
        hint: hint.clone(),
        sqlstate: sqlstate.clone(),
        statement_number: None,
        statement: Some(statement.sql.clone()),
        table: table.clone(),
        column: column.clone(),
        constraint: constraint.clone(),
    });
    Ok(match model {
        Some(model) => error.with_location(model.location.clone()),
        None => error,
    })
}

/// The object that a refusal is about. The parts of a new table stand in one statement, each in lines
/// that begin with its name: the last of them before the place that Postgres names is meant.
fn blamed<'a>(statement: &'a Statement, failure: &DbFailure) -> Option<&'a ObjectId> {
    let parts: Vec<&ObjectId> = statement
        .objects
        .iter()
        .filter(|id| matches!(id, ObjectId::Column { .. } | ObjectId::Constraint { .. }))
        .collect();
    if let [only] = parts.as_slice() {
        return Some(only);
    }
    let begins = |id: &ObjectId, line: &str| match id {
        ObjectId::Column { name, .. } => line.starts_with(&format!("{} ", ident(name))),
        ObjectId::Constraint { name, .. } => {
            line.starts_with(&format!("CONSTRAINT {} ", ident(name)))
        }
        _ => false,
    };
    let position = failure.position.and_then(|at| usize::try_from(at).ok());
    let until: Option<usize> = position.and_then(|position| {
        let text = statement.sql.char_indices().nth(position.saturating_sub(1));
        text.map(|(at, _)| at)
    });
    let placed = until.and_then(|until| {
        let end = statement.sql[until..]
            .find('\n')
            .map_or(statement.sql.len(), |more| until + more);
        let mut lines = statement.sql[..end].lines().rev().map(str::trim_start);
        lines.find_map(|line| parts.iter().copied().find(|id| begins(id, line)))
    });
    let named = || {
        parts.iter().copied().find(|id| match id {
            ObjectId::Column { name, .. } => failure.column.as_deref() == Some(name.as_str()),
            ObjectId::Constraint { name, .. } => {
                failure.constraint.as_deref() == Some(name.as_str())
            }
            _ => false,
        })
    };
    placed.or_else(named).or(statement.objects.first())
}

/// The table that an object belongs to.
fn table_of<'a>(id: &'a ObjectId, operations: &'a [Operation]) -> Option<&'a QualifiedName> {
    id.table().or_else(|| {
        operations.iter().find_map(|operation| match operation {
            Operation::Create {
                id: made,
                object: Object::Index(index),
            } if made == id => Some(&index.table),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_mentioned_as_a_whole() {
        assert!(mentions("function nosuch() does not exist", "nosuch"));
        assert!(mentions("type \"a b\" does not exist", "a b"));
        assert!(mentions("operator does not exist: point &&& point", "&&&"));
        assert!(!mentions("function nosuch() does not exist", "such"));
        assert!(!mentions("function nosuch() does not exist", "no"));
        assert!(!mentions("nothing", ""));
    }
}
