//! Comparing any two sources: files, databases, saved schemas, the revisions, the models.

use diesel::connection::SimpleConnection;
use limbeck_core::schema::diff::rename::RenameHint;
use limbeck_core::schema::object::Namespace;
use limbeck_core::{Error, ErrorKind, Ident, Object, ObjectId, Result};

use super::Migrator;
use super::given::Given;
use crate::autogenerate::Draft;
use crate::difference::{Difference, difference};
use crate::error::database_error;
use crate::introspect::{Introspection, Scope, introspect};
use crate::quote::ident;
use crate::scratch::ScratchSource;
use crate::source::{self, Opened, Place, Source};
use crate::statement::script;

impl Migrator {
    /// Reads a source as a whole; [`Source::Models`] as what they make of nothing.
    ///
    /// What must be made to be read is made on the server of [`scratch_url`](Self::scratch_url), or
    /// on a throwaway server.
    ///
    /// # Errors
    /// When a file does not load (with its line and column), a database cannot be read, the revisions
    /// cannot be replayed, or no scratch database can be had.
    pub fn read_source(&self, source: &Source) -> Result<Introspection> {
        self.read_like(source, None)
    }

    /// What turns one source into another, and back. Where one of the two is the models, they are laid
    /// over the other as [`autogenerate`](Self::autogenerate) does it: what they and the revisions do
    /// not speak of is no difference. Everything else is compared as a whole.
    ///
    /// # Errors
    /// As for [`read_source`](Self::read_source); and as for `autogenerate`, where models are compared.
    pub fn difference(
        &self,
        from: &Source,
        to: &Source,
        renames: &[RenameHint],
    ) -> Result<Difference> {
        match (from, to) {
            (Source::Models, Source::Models) => Err(Error::new(
                ErrorKind::Config,
                "both sides are the models: there is nothing to compare",
            )),
            (other, Source::Models) => self.to_models(other, renames),
            (Source::Models, other) => {
                let renames = RenameHint::reversed(renames);
                Ok(self.to_models(other, &renames)?.reversed())
            }
            (Source::Database(from), Source::Database(to)) => {
                let (from, to) = source::two_databases(from, to)?;
                difference(&from, &to, renames)
            }
            (from, to) => {
                // What has a version of its own comes first: scratch is of the same one, if it can be.
                let (from, to) = if has_version(from) {
                    let from = self.read_like(from, None)?;
                    let to = self.read_like(to, version(&from))?;
                    (from, to)
                } else {
                    let to = self.read_like(to, None)?;
                    (self.read_like(from, version(&to))?, to)
                };
                difference(&from, &to, renames)
            }
        }
    }

    /// What lays the models over another source.
    fn to_models(&self, other: &Source, renames: &[RenameHint]) -> Result<Difference> {
        self.require_models()?;
        let mut opened = match other {
            Source::Database(url) => source::database(url, &self.scope()?)?,
            other => self.open(other, None)?,
        };
        Ok(self.draft_over(&mut opened, renames)?.into())
    }

    fn draft_over(&self, opened: &mut Opened, renames: &[RenameHint]) -> Result<Draft> {
        let Opened { found, place } = opened;
        let mut live = found.clone();
        self.count_placement(&mut live);
        let mut scratch = self.scratch(live.major());
        let given = self.given(place.connection())?;
        let mut seen = self.look(live, given, &mut scratch)?;
        let (draft, refusals) =
            self.compare(place.connection(), &mut seen, &mut scratch, renames, false)?;
        refusals.into_iter().next().map_or(Ok(draft), Err)
    }

    /// Reads a source; scratch is of a major version, if it can be.
    fn read_like(&self, source: &Source, major: Option<u32>) -> Result<Introspection> {
        match source {
            Source::Empty => Ok(nothing()),
            Source::Schema(there) => Ok((**there).clone()),
            Source::Models => self.made_of_models(major),
            Source::Database(_) | Source::Sql(_) | Source::Revisions(_) => {
                Ok(self.open(source, major)?.found)
            }
        }
    }

    /// What the models make in an empty database.
    fn made_of_models(&self, major: Option<u32>) -> Result<Introspection> {
        self.require_models()?;
        let mut opened = self.open(&Source::Empty, major)?;
        let draft = self.draft_over(&mut opened, &[])?;
        let placement = self.own().schema();
        let makes = match opened
            .found
            .schema
            .get(&ObjectId::Namespace(placement.clone()))
        {
            Some(_) => String::new(),
            None => format!("CREATE SCHEMA {};\n", ident(&placement)),
        };
        let sql = format!(
            "{makes}SET search_path = {}, public;\n{}",
            ident(&placement),
            script(&draft.up, &[], "")
        );
        let connection = opened.place.connection();
        connection
            .batch_execute(&sql)
            .map_err(|error| database_error(error, "the models' tables were made in scratch"))?;
        introspect(connection, &Scope::all())
    }

    /// A source with a database that holds it.
    fn open(&self, source: &Source, major: Option<u32>) -> Result<Opened> {
        match source {
            Source::Empty | Source::Models => source::loaded(&[], &self.scratch_source(), major),
            Source::Database(url) => source::database(url, &Scope::all()),
            Source::Sql(files) => source::loaded(files, &self.scratch_source(), major),
            Source::Schema(there) => {
                let major = version(there).or(major);
                source::made(&there.schema, &self.scratch_source(), major)
            }
            Source::Revisions(target) => {
                if target.as_deref() == Some("base") {
                    return self.open(&Source::Empty, major);
                }
                let mut scratch = || source::open(&self.scratch_source(), major);
                let mut given = Given::default();
                let replayed =
                    self.replayed(&Scope::all(), target.as_deref(), &mut given, &mut scratch)?;
                match replayed {
                    Some((found, scratch)) => Ok(Opened {
                        found,
                        place: Place::Scratch(scratch),
                    }),
                    None => self.open(&Source::Empty, major),
                }
            }
        }
    }

    pub(crate) fn scratch_source(&self) -> ScratchSource {
        ScratchSource {
            url: self.scratch_url.clone(),
            throwaway: true,
        }
    }
}

/// What is in every new database.
fn nothing() -> Introspection {
    let mut found = Introspection::default();
    if let Ok(public) = Ident::new("public") {
        let public = ObjectId::Namespace(public);
        found.schema.insert(public, Object::Namespace(Namespace {}));
    }
    found
}

fn has_version(source: &Source) -> bool {
    matches!(source, Source::Database(_) | Source::Schema(_))
}

/// The major version of the server that printed a schema.
fn version(found: &Introspection) -> Option<u32> {
    (found.server_version > 0).then(|| found.major())
}
