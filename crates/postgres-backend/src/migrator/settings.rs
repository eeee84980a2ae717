//! What `limbeck.toml` said when a program was compiled.

use std::time::Duration;

use limbeck_core::{Bundle, Ident};

use super::{Migrator, Origin};
use crate::history::HistoryTable;
use crate::runner::OnDivergence;

/// What `migrator!` read in `limbeck.toml`; no part of the API.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Settings {
    /// `[revisions] file_template`.
    pub file_template: Option<&'static str>,
    /// `[history] schema`.
    pub history_schema: Option<&'static str>,
    /// `[history] table`.
    pub history_table: Option<&'static str>,
    /// `[run] lock_timeout`.
    pub lock_timeout: Option<Duration>,
    /// `[run] statement_timeout`.
    pub statement_timeout: Option<Duration>,
    /// Whether `[run] on_divergence` is `warn`.
    pub warn_on_divergence: bool,
    /// `[autogenerate] schemas`.
    pub schemas: &'static [&'static str],
    /// Whether the crate was compiled with `debug_assertions`.
    pub debug_assertions: bool,
    /// Whether the crate was compiled for its own tests.
    pub test: bool,
}

impl Migrator {
    /// A migrator of a bundle, set up as `limbeck.toml` said; what `migrator!` calls.
    #[doc(hidden)]
    pub fn with_settings(bundle: Bundle, settings: &Settings) -> Self {
        let Settings {
            file_template,
            history_schema,
            history_table,
            lock_timeout,
            statement_timeout,
            warn_on_divergence,
            schemas,
            debug_assertions,
            test,
        } = settings;
        let checked = |name: &str| {
            Ident::new(name).expect("`migrator!` has checked the names when this was compiled")
        };
        let mut migrator = Self::new(bundle);
        let HistoryTable { schema, name } = &mut migrator.options.history;
        if let Some(stated) = history_schema {
            *schema = checked(stated);
        }
        if let Some(stated) = history_table {
            *name = checked(stated);
        }
        migrator.options.lock_timeout = *lock_timeout;
        migrator.options.statement_timeout = *statement_timeout;
        if *warn_on_divergence {
            migrator.options.on_divergence = OnDivergence::Warn;
        }
        migrator.schemas = schemas.iter().map(|schema| checked(schema)).collect();
        migrator.file_template = file_template.map(str::to_owned);
        migrator.shipped = false;
        migrator.origin = Origin::Macro {
            debug_assertions: *debug_assertions,
            test: *test,
        };
        migrator
    }
}
