//! What the session is set to while a revision runs in it, and how it is put back.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::SETTINGS;
use crate::quote::{before_path, ident, literal};
use crate::runner::lock::OwnerKey;
use crate::runner::script::Numbered;
use crate::runner::settings::{self, LOG_ON};
use crate::runner::step::Scene;
use crate::runner::story::Story;

impl Story {
    /// What the session is set to while the revision runs.
    pub(super) fn session_settings(&self, scene: &Scene<'_>) -> String {
        let placement = ident(&scene.bundle.placement);
        format!(
            "{}SELECT pg_catalog.set_config('search_path', {}, false);",
            self.usual_settings(scene),
            before_path(&placement)
        )
    }

    /// The limits of statements that can run in a transaction, as everywhere.
    pub(super) fn usual_settings(&self, scene: &Scene<'_>) -> String {
        let revision = &scene.ready.revision;
        let lock = revision.lock_timeout.or(self.options.lock_timeout);
        let statement = revision
            .statement_timeout
            .or(self.options.statement_timeout);
        self.limits(scene, [lock, statement])
    }

    /// The limits of those that cannot, which take long by nature and wait for others while they do: the
    /// revision's own, or the session's.
    pub(super) fn slow_settings(&self, scene: &Scene<'_>) -> String {
        let revision = &scene.ready.revision;
        let mut sql = self.limits(scene, [revision.lock_timeout, revision.statement_timeout]);
        if let Some(deadline) = self.deadline() {
            sql.push_str(&deadline.session_sql(self.port.now()));
        }
        sql
    }

    pub(super) fn limits(
        &self,
        scene: &Scene<'_>,
        [lock, statement]: [Option<Duration>; 2],
    ) -> String {
        let Some(standing) = &scene.standing else {
            return String::new();
        };
        let [_, session_lock, session_statement, _] = &standing.settings;
        let mut sql = String::new();
        for (name, value, session) in [
            ("lock_timeout", lock, session_lock),
            ("statement_timeout", statement, session_statement),
        ] {
            // What the revision sets by itself is not ours to change.
            let sets = |statement: &Numbered| {
                let names = settings::names(&statement.text);
                names.iter().any(|set| set.eq_ignore_ascii_case(name))
            };
            if scene.ready.script.numbered().any(sets) {
                continue;
            }
            let value = match value {
                Some(value) => value.as_millis().to_string(),
                None => session.clone(),
            };
            sql.push_str(&format!(
                "SELECT pg_catalog.set_config('{name}', {}, false);\n",
                literal(&value)
            ));
        }
        sql
    }

    /// Lets the history be written as who runs, whatever the revision has set: until the end of this
    /// message.
    pub(super) fn as_who_runs(&self, scene: &Scene<'_>) -> String {
        let Some(standing) = &scene.standing else {
            return String::new();
        };
        let mut sql = String::new();
        let sets = |wanted: &str| {
            scene.ready.script.numbered().any(|statement| {
                let names = settings::names(&statement.text);
                names.iter().any(|set| set.eq_ignore_ascii_case(wanted))
            })
        };
        // Who is logged on decides what the role may be.
        if sets(LOG_ON) {
            sql.push_str("SET LOCAL SESSION AUTHORIZATION DEFAULT;\n");
        }
        if sets("role") || !sql.is_empty() {
            sql.push_str(&format!(
                "SELECT pg_catalog.set_config('role', {}, true);\n",
                literal(&standing.settings[0])
            ));
        }
        sql
    }

    /// Puts the session back as it was, and lets its lock go.
    pub(super) fn putting_back(
        &self,
        scene: &Scene<'_>,
        key: OwnerKey,
        names: &BTreeSet<String>,
        values: &[Option<String>],
    ) -> String {
        let mut sql = key.release_sql();
        let put = |name: &str, value: &str| {
            format!(
                "\nSELECT pg_catalog.set_config({}, {}, false);",
                literal(name),
                literal(value)
            )
        };
        let mut own: Vec<(&String, &str)> = names
            .iter()
            .zip(values)
            .map(|(name, value)| (name, value.as_deref().unwrap_or("")))
            .collect();
        // Who is logged on decides what the role may be, and the role what may be set.
        own.sort_by_key(|(name, _)| !name.eq_ignore_ascii_case(LOG_ON));
        let (log_on, others): (Vec<_>, Vec<_>) = own
            .into_iter()
            .partition(|(name, _)| name.eq_ignore_ascii_case(LOG_ON));
        sql.extend(log_on.iter().map(|(name, value)| put(name, value)));
        if let Some(standing) = &scene.standing {
            sql.extend(
                SETTINGS
                    .iter()
                    .zip(&standing.settings)
                    .map(|(name, value)| put(name, value)),
            );
        }
        sql.extend(others.iter().map(|(name, value)| put(name, value)));
        sql
    }
}
