//! What `limbeck::testing` has to know of a migrator.

use limbeck_core::revision::ContentHasher;
use limbeck_core::schema::model::ModelTable;
use limbeck_core::{Bundle, Error, ErrorKind, Ident, Location, Result, Script, Step};

use once_cell::sync::OnceCell;

use super::Migrator;
use crate::history::HistoryTable;

impl Migrator {
    /// Digests all that it makes in an empty database, from its revisions or from its models;
    /// whether there is code among that, which no digest knows.
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
                let revision = migration.revision();
                hasher.named(revision.id.as_str());
                for parent in &revision.parents {
                    hasher.named(parent.as_str());
                }
                hasher.named(&revision.content.to_string());
                let mut script = Script::new();
                migration.upgrade(&mut script)?;
                has_code |= script
                    .steps()
                    .iter()
                    .any(|step| matches!(step, Step::Data(_) | Step::AsyncData(_)));
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
        Ok(has_code)
    }

    /// The same migrator with everything, its history too, in one schema.
    pub(crate) fn placed_in(&self, schema: &Ident) -> Result<Self> {
        fn place(bundle: &mut Bundle, schema: &Ident) -> Result<()> {
            let elsewhere = bundle.placement.as_ref().map(ToString::to_string);
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
                .with_hint("give each test a database of its own"));
            }
            bundle.placement = Some(schema.clone());
            bundle
                .dependencies
                .iter_mut()
                .try_for_each(|dependency| place(dependency, schema))
        }
        let mut placed = self.clone();
        place(&mut placed.bundle, schema)?;
        placed.options.history.schema = schema.clone();
        placed.runs = OnceCell::new();
        Ok(placed)
    }
}
