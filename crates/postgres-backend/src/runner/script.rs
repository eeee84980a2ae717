//! A script made ready to run: its statements numbered, each with its place, and what cannot run
//! refused in words before anything does.

use std::sync::Arc;

use limbeck_core::revision::Revision;
use limbeck_core::schema::operation::Operation;
use limbeck_core::token;
use limbeck_core::{
    AsyncDataStep, DataStep, Error, ErrorKind, Ident, Location, Needs, Result, Schema, Script, Step,
};

use crate::ddl;
use crate::quote::Naming;

/// One direction of a revision, ready to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prepared {
    /// Its parts in their order; two parts of SQL are never neighbours.
    pub(crate) parts: Vec<Part>,
    /// How many statements it holds.
    pub(crate) statements: usize,
}

/// A part of it.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Statements that can travel together.
    Sql(Vec<Numbered>),
    /// A closure.
    Data(Closure),
}

/// A data step in one of its forms.
#[derive(Clone, Debug)]
pub(crate) enum Closure {
    /// It is called.
    Sync(DataStep),
    /// It is called and waited for.
    Async(AsyncDataStep),
}

impl Closure {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Sync(step) => &step.name,
            Self::Async(step) => &step.name,
        }
    }

    pub(crate) fn needs(&self) -> Needs {
        match self {
            Self::Sync(step) => step.needs,
            Self::Async(step) => step.needs,
        }
    }
}

/// A statement of a revision, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    /// Its number in the script, from one.
    pub(crate) number: usize,
    /// Its text, without the semicolon.
    pub(crate) text: Arc<str>,
    /// The file it came from; empty where it came from none.
    pub(crate) file: Arc<str>,
    /// The line it starts in, from one.
    pub(crate) line: u32,
    /// The column it starts in, from one.
    pub(crate) column: u32,
}

impl Prepared {
    /// Whether it does nothing at all.
    pub(crate) fn is_nothing(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether it is nothing but SQL.
    pub(crate) fn is_sql(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Sql(_)))
    }

    /// Its statements.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = &Numbered> {
        self.parts.iter().flat_map(|part| match part {
            Part::Sql(statements) => statements.as_slice(),
            Part::Data(_) => &[],
        })
    }

    /// The first of its statements that cannot run in a transaction, with what it is.
    pub(crate) fn refused_in_transaction(&self) -> Option<(&Numbered, &'static str)> {
        let mut all = self.numbered();
        all.find_map(|statement| Some((statement, token::refused_in_transaction(&statement.text)?)))
    }

    /// Its SQL as one text, where it is nothing but SQL.
    pub(crate) fn text(&self) -> Option<String> {
        self.is_sql().then(|| {
            let mut text = String::new();
            for statement in self.numbered() {
                text.push_str(&statement.text);
                text.push_str("\n;\n");
            }
            text
        })
    }
}

impl Numbered {
    /// The place of a character of it, counted from zero.
    pub(crate) fn place(&self, offset: usize) -> Option<Location> {
        if self.file.is_empty() {
            return None;
        }
        let (line, column) = token::locate(&self.text, offset);
        Some(Location {
            file: self.file.to_string(),
            line: Some(self.line.saturating_add(line - 1)),
            column: Some(if line == 1 {
                self.column.saturating_add(column - 1)
            } else {
                column
            }),
        })
    }
}

/// Makes a script ready.
pub(crate) fn prepare(
    script: &Script,
    revision: &Revision,
    placement: &Ident,
    render: Render,
) -> Result<Prepared> {
    let mut prepared = Prepared::default();
    let mut operations: Vec<Operation> = Vec::new();
    for step in script.steps() {
        match step {
            // Neighbours are rendered together, since some of them share a statement.
            Step::Operation(operation) => {
                operations.push((**operation).clone());
                continue;
            }
            Step::Sql { .. } | Step::Data(_) | Step::AsyncData(_) => {}
        }
        prepared.operations(&mut operations, revision, placement, render)?;
        match step {
            Step::Sql { text, origin } => prepared.add(text, origin, revision)?,
            Step::Data(step) => {
                let closure = Closure::Sync(step.clone());
                prepared.parts.push(Part::Data(closure));
            }
            Step::AsyncData(step) => {
                let closure = Closure::Async(step.clone());
                prepared.parts.push(Part::Data(closure));
            }
            Step::Operation(_) => {}
        }
    }
    prepared.operations(&mut operations, revision, placement, render)?;
    Ok(prepared)
}

/// Renders operations that follow each other as statements, for a placement.
pub type Render = fn(&[Operation], &Ident) -> Result<Vec<String>>;

impl Prepared {
    fn operations(
        &mut self,
        operations: &mut Vec<Operation>,
        revision: &Revision,
        placement: &Ident,
        render: Render,
    ) -> Result<()> {
        if operations.is_empty() {
            return Ok(());
        }
        for text in render(operations, placement)? {
            self.add(&text, "", revision)?;
        }
        operations.clear();
        Ok(())
    }

    fn add(&mut self, sql: &str, file: &str, revision: &Revision) -> Result<()> {
        refuse(sql, file, revision)?;
        let spans = token::split(sql)
            .map_err(|error| error.into_error(file).with_revision(revision.id.clone()))?;
        if spans.is_empty() {
            return Ok(());
        }
        let file: Arc<str> = file.into();
        let numbered = spans.into_iter().map(|span| {
            self.statements += 1;
            Numbered {
                number: self.statements,
                text: sql[span.range].into(),
                file: Arc::clone(&file),
                line: span.line,
                column: span.column,
            }
        });
        match self.parts.last_mut() {
            Some(Part::Sql(statements)) => statements.extend(numbered),
            _ => self.parts.push(Part::Sql(numbered.collect())),
        }
        Ok(())
    }
}

/// What a revision's SQL may not hold.
fn refuse(sql: &str, file: &str, revision: &Revision) -> Result<()> {
    let named = |message: String, hint: &str, line: u32, column: u32| {
        let mut error = Error::new(
            ErrorKind::Unsupported,
            format!("revision `{}` cannot be run: {message}", revision.id),
        )
        .with_hint(hint)
        .with_revision(revision.id.clone());
        if !file.is_empty() {
            error = error.with_location(Location {
                file: file.to_owned(),
                line: Some(line),
                column: Some(column),
            });
        }
        error
    };
    if let Some(problem) = token::check_script(sql).into_iter().next() {
        return Err(named(
            problem.to_string(),
            problem.kind.hint(),
            problem.line,
            problem.column,
        ));
    }
    Ok(())
}

/// Renders operations as the backend's DDL does. What stands in the database beside them is not
/// known here, so that they must say all that they are about.
pub(crate) fn render(operations: &[Operation], placement: &Ident) -> Result<Vec<String>> {
    let nothing = Schema::new();
    let naming = Naming::within(placement.clone());
    let context = ddl::Context {
        from: &nothing,
        to: &nothing,
        naming: &naming,
    };
    Ok(ddl::render(operations, &context)
        .into_iter()
        .map(|statement| statement.sql)
        .collect())
}
