//! What `limbeck::testing` has to know of a migrator.

use std::hash::{DefaultHasher, Hash, Hasher};

use limbeck_core::revision::{ContentHasher, Revision};
use limbeck_core::schema::model::ModelTable;
use limbeck_core::{Bundle, Error, ErrorKind, Ident, Location, Migration, Result, Script, Step};

use once_cell::sync::OnceCell;

use super::Migrator;
use crate::history::HistoryTable;

/// Digests what decides the order in which a revision runs, and what its row in the history holds.
fn recorded(revision: &Revision, hasher: &mut ContentHasher) {
    let Revision {
        id,
        parents,
        depends_on,
        branch_labels: _,
        replaces,
        provides,
        provides_in,
        message,
        created: _,
        directory: _,
        breaking,
        generated: _,
        consent: _,
        down_destroys: _,
        touches: _,
        idempotent: _,
        run_in_transaction: _,
        lock_timeout: _,
        statement_timeout: _,
        content,
    } = revision;
    hasher.named(id.as_str()).named("parents");
    for parent in parents {
        hasher.named(parent.as_str());
    }
    if !replaces.is_empty() {
        hasher.named("replaces");
        for other in replaces {
            hasher.named(other.as_str());
        }
    }
    for (what, others) in [("depends_on", depends_on), ("provides", provides)] {
        hasher.named(what);
        for other in others {
            hasher.named(&other.to_string());
        }
    }
    hasher.named(provides_in.as_deref().unwrap_or_default());
    hasher
        .named("row")
        .named(message)
        .named(&breaking.to_string())
        .named(&content.to_string());
}

/// What tells a way down from another: it is kept with a revision that is run. The texts are long, and
/// the standard library's hasher is compiled for speed also where tests are not.
fn way_down(migration: &dyn Migration) -> String {
    let mut script = Script::new();
    if migration.downgrade(&mut script).is_err() || has_data_steps(&script) {
        return "none".to_owned();
    }
    let mut hasher = DefaultHasher::new();
    for step in script.steps() {
        match step {
            Step::Sql { text, origin: _ } => text.hash(&mut hasher),
            Step::Operation(operation) => format!("{operation:?}").hash(&mut hasher),
            Step::Data(_) | Step::AsyncData(_) => {}
        }
    }
    hasher.finish().to_string()
}

fn has_data_steps(script: &Script) -> bool {
    let mut steps = script.steps().iter();
    steps.any(|step| matches!(step, Step::Data(_) | Step::AsyncData(_)))
}

impl Migrator {
    /// Digests all that it makes in an empty database, from its revisions or from its models, with
    /// what it records of them; whether there is code among that, which no digest knows.
    pub(crate) fn digest(&self, hasher: &mut ContentHasher, models: bool) -> Result<bool> {
        let HistoryTable { schema, name } = &self.options.history;
        hasher.named(schema.as_str()).named(name.as_str());
        let mut has_code = false;
        let bundles = self.ordered()?;
        for bundle in bundles {
            hasher.named(&bundle.name).named(bundle.schema().as_str());
            let mut migrations: Vec<_> = bundle.migrations.iter().collect();
            migrations.sort_by(|a, b| a.revision().id.cmp(&b.revision().id));
            for migration in migrations {
                recorded(migration.revision(), hasher);
                let mut script = Script::new();
                migration.upgrade(&mut script)?;
                has_code |= has_data_steps(&script);
                if !models {
                    hasher.named(&way_down(migration.as_ref()));
                }
            }
            if models {
                hasher.named("models");
                for model in &bundle.models {
                    // Where a struct stands says nothing of its table.
                    let model = ModelTable {
                        location: Location {
                            file: String::new(),
                            line: None,
                            column: None,
                        },
                        ..model.clone()
                    };
                    hasher.named(&format!("{model:?}"));
                }
            }
        }
        if models {
            for file in self.declared_sql()? {
                hasher.named(&file.name).named(&file.text);
            }
        }
        Ok(has_code)
    }

    /// The same migrator with everything, its history too, in one schema. Where the application's own bundle
    /// is placed otherwise does not matter: nothing refers to that by its name.
    pub(crate) fn placed_in(&self, schema: &Ident) -> Result<Self> {
        fn place(bundle: &mut Bundle, schema: &Ident) -> Result<()> {
            let elsewhere = bundle.placement.take().map(|it| it.to_string());
            let is_placed = elsewhere.is_some();
            let stated = bundle.models.iter().find_map(|model| model.schema.clone());
            if let Some(other) = elsewhere.or(stated) {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "the bundle `{}` has something in the schema `{other}`: it cannot be put into \
                         a test's own",
                        bundle.name
                    ),
                )
                .with_hint(format!(
                    "give each test a database of its own, which takes a role with CREATEDB \
                     (`ALTER ROLE … CREATEDB`) or, with `LIMBECK_TEST_DATABASE_URL` unset, the throwaway \
                     server; or {} in tests",
                    match is_placed {
                        true => "list the bundle without its placement",
                        false => "leave the schema out of the models",
                    }
                )));
            }
            bundle.placement = Some(schema.clone());
            bundle
                .dependencies
                .iter_mut()
                .try_for_each(|dependency| place(dependency, schema))
        }
        let mut placed = self.clone();
        placed.bundle.placement = None;
        place(&mut placed.bundle, schema)?;
        placed.options.history.schema = schema.clone();
        placed.runs = OnceCell::new();
        Ok(placed)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;

    use limbeck_core::revision::sql_digest;
    use limbeck_core::{RevisionId, SqlMigration};

    use super::*;

    type Change = (&'static str, fn(&mut SqlMigration));

    fn digest(change: impl Fn(&mut SqlMigration)) -> String {
        let up = "CREATE TABLE a ()";
        let mut migration = SqlMigration {
            revision: Revision::new(RevisionId::new("a1").unwrap(), sql_digest(up)),
            up: up.into(),
            down: Some("DROP TABLE a".into()),
        };
        change(&mut migration);
        let mut bundle = Bundle::new("app");
        bundle.migrations.push(Arc::new(migration));
        let mut hasher = ContentHasher::new();
        Migrator::new(bundle).digest(&mut hasher, false).unwrap();
        hasher.finish().to_string()
    }

    #[test]
    fn all_that_a_history_row_holds_is_in_the_digest() {
        let plain = digest(|_| {});
        assert_eq!(plain, digest(|_| {}));
        let moved = digest(|one| one.revision.directory = "elsewhere".to_owned());
        assert_eq!(plain, moved, "where it stands says nothing");
        let changes: [Change; 5] = [
            ("message", |one| one.revision.message = "a".to_owned()),
            ("breaking", |one| one.revision.breaking = true),
            ("depends_on", |one| {
                one.revision.depends_on = vec!["people:p1".parse().unwrap()];
            }),
            ("provides", |one| {
                one.revision.provides = vec!["people:p1".parse().unwrap()];
            }),
            ("down", |one| one.down = Some("SELECT 1".into())),
        ];
        let mut seen = vec![plain];
        for (what, change) in changes {
            let changed = digest(change);
            assert!(!seen.contains(&changed), "{what}");
            seen.push(changed);
        }
    }
}
