//! Statements of several files that need each other in any order: each round runs those that can be
//! run, until none is left or none can.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::token::{self, StatementSpan};
use limbeck_core::{Error, ErrorKind, Result, SqlFile};

use super::sql::{in_one, make_role, sqlstate, told};
use crate::error::{database_error, failure};
use crate::scratch::ROLES;

/// One statement of a file.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The file's name.
    name: String,
    /// The whole text of the file.
    text: std::sync::Arc<str>,
    /// Where in it the statement stands.
    span: StatementSpan,
    /// Which one it is, from one.
    number: usize,
    /// What the statements before it in its file set for the session.
    settings: String,
}

impl Piece {
    /// The statement.
    pub(crate) fn sql(&self) -> &str {
        &self.text[self.span.range.clone()]
    }
}

/// The statements of files, without those that only set something for the ones after them.
///
/// # Errors
/// When a literal or a comment has no end.
pub(crate) fn pieces(files: &[SqlFile]) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for SqlFile { name, text } in files {
        let text: std::sync::Arc<str> = in_one(text).into();
        let spans = token::split(&text)
            .map_err(|error| Error::new(ErrorKind::Sql, format!("`{name}`: {error}")))?;
        let mut settings = String::new();
        for (index, span) in spans.into_iter().enumerate() {
            let sql = &text[span.range.clone()];
            if sets(sql) {
                settings.push_str(sql);
                settings.push_str(";\n");
                continue;
            }
            pieces.push(Piece {
                name: name.clone(),
                text: text.clone(),
                span,
                number: index + 1,
                settings: settings.clone(),
            });
        }
    }
    Ok(pieces)
}

/// Whether a statement sets something for the session: `SET`, `RESET`, `SELECT set_config(…)`.
fn sets(sql: &str) -> bool {
    let words = token::first_words(sql);
    match words.first().map(String::as_str) {
        Some("SET" | "RESET") => true,
        Some("SELECT") => token::significant(sql)
            .skip(1)
            .take(3)
            .any(|token| token.eq_ignore_ascii_case("set_config")),
        _ => false,
    }
}

/// Statements that are waiting for what they need.
pub(crate) struct Pile {
    pieces: Vec<Piece>,
    /// What is set before each of them, beside its own file's settings.
    before: String,
    /// Whether roles that they name are made.
    throwaway: bool,
}

impl Pile {
    /// A pile; `search_path` is what names are found by, the session's own where it is empty.
    pub(crate) fn new(pieces: Vec<Piece>, search_path: &str, throwaway: bool) -> Self {
        Self {
            pieces,
            before: search_path.to_owned(),
            throwaway,
        }
    }

    /// The files of what is left.
    pub(crate) fn left(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().map(|piece| piece.name.as_str())
    }

    /// Runs what can be run.
    ///
    /// # Errors
    /// When something is left that cannot be: the first of it, with its place.
    pub(crate) fn settle(mut self, connection: &mut PgConnection) -> Result<()> {
        match self.advance(connection)? {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Runs what can be run, and says why the first that is left cannot.
    pub(crate) fn advance(&mut self, connection: &mut PgConnection) -> Result<Option<Error>> {
        let prepared = |error| database_error(error, "a scratch database was made ready");
        if self.before.is_empty() {
            self.before = search_path(connection)?;
        }
        // What a body refers to may come later.
        let base = format!(
            "RESET ROLE; SET check_function_bodies = off; \
             SELECT pg_catalog.set_config('search_path', {}, false);\n",
            crate::quote::literal(&self.before)
        );
        let mut set = None;
        let mut roles = 0;
        loop {
            let mut stuck = None;
            let mut left = Vec::new();
            let before = self.pieces.len();
            for piece in std::mem::take(&mut self.pieces) {
                if set.as_ref() != Some(&piece.settings) {
                    connection.batch_execute(&base).map_err(prepared)?;
                    if !piece.settings.is_empty() {
                        connection
                            .transaction(|connection| connection.batch_execute(&piece.settings))
                            .map_err(|error| {
                                told(&piece.name, &piece.text, None, failure(&error))
                            })?;
                    }
                    set = Some(piece.settings.clone());
                }
                let mut error = piece.run(connection);
                while let Some(refused) = &error
                    && self.throwaway
                    && roles < ROLES
                    && make_role(connection, refused)
                {
                    roles += 1;
                    error = piece.run(connection);
                }
                if let Some(error) = error {
                    stuck = match stuck {
                        Some(first) if rank(&first) <= rank(&error) => Some(first),
                        _ => Some(error),
                    };
                    left.push(piece);
                }
            }
            self.pieces = left;
            if self.pieces.is_empty() || self.pieces.len() == before {
                connection.batch_execute(&base).map_err(prepared)?;
                return Ok(stuck);
            }
        }
    }
}

/// What is wrong by itself comes before what only lacks something else.
fn rank(error: &Error) -> u8 {
    // undefined_table, _column, _function, _object, invalid_schema_name.
    match error.sqlstate() {
        Some("42P01" | "42703" | "42883" | "42704" | "3F000") => 1,
        _ => 0,
    }
}

impl Piece {
    /// Runs it; gives what Postgres said where it was refused.
    fn run(&self, connection: &mut PgConnection) -> Option<Error> {
        let run = connection.transaction(|connection| connection.batch_execute(self.sql()));
        let mut failure = failure(&run.err()?);
        if failure.sqlstate.is_none() {
            failure.sqlstate = sqlstate(self.sql(), connection);
        }
        Some(told(
            &self.name,
            &self.text,
            Some((self.number, &self.span)),
            failure,
        ))
    }
}

fn search_path(connection: &mut PgConnection) -> Result<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        path: String,
    }
    let Row { path } = sql_query("SELECT pg_catalog.current_setting('search_path') AS path")
        .get_result(connection)
        .map_err(|error| database_error(error, "the search path was read"))?;
    Ok(path)
}
