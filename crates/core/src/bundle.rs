//! A bundle: one crate's models and revisions, and the schema that they are installed in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::migration::Migration;
use crate::name::Ident;
use crate::revision::RevisionId;
use crate::revision::graph::RevisionGraph;
use crate::schema::model::ModelTable;
use crate::sql_file::SqlFile;

/// The models and revisions of one crate.
#[derive(Clone)]
pub struct Bundle {
    /// Its name: the crate's, unless it says otherwise. History rows stand under it.
    pub name: String,
    /// The name that its library gave it, which `depends_on` of others may use, too.
    pub origin: String,
    /// The schema it is installed in; `None` is `public`.
    pub placement: Option<Ident>,
    /// The revision that its user requires of it.
    pub minimum: Option<RevisionId>,
    /// The revision that its user has pinned it to, where its library has later ones: the models may
    /// be newer than this.
    pub pinned: Option<RevisionId>,
    /// Its models, in no particular order.
    pub models: Vec<ModelTable>,
    /// What its models cannot say, as plain `CREATE` statements: functions, triggers, views.
    pub sql: Vec<SqlFile>,
    /// Where that stands on the disk of whoever develops it; read there, where it is known.
    pub sql_path: Option<PathBuf>,
    /// Its revisions, in no particular order.
    pub migrations: Vec<Arc<dyn Migration>>,
    /// Where its revisions stand on the disk of whoever develops it.
    pub directory: Option<PathBuf>,
    /// The directories beside that one in which others of them stand.
    pub more_directories: Vec<PathBuf>,
    /// The bundles that it builds on.
    pub dependencies: Vec<Bundle>,
}

impl Bundle {
    /// A bundle of a name, without anything in it.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            origin: name.clone(),
            name,
            placement: None,
            minimum: None,
            pinned: None,
            models: Vec::new(),
            sql: Vec::new(),
            sql_path: None,
            migrations: Vec::new(),
            directory: None,
            more_directories: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    /// Installs it in a schema other than `public`: its tables, types and whatever else its revisions
    /// make without naming a schema. Choose it once, as the name: history rows carry both.
    ///
    /// The schema is made by the first run where it is not there and the role may; where it is there,
    /// the role needs `USAGE` and `CREATE` on it and nothing on the database.
    ///
    /// ```
    /// # fn accounts() -> limbeck_core::Bundle { limbeck_core::Bundle::new("accounts") }
    /// let bundle = accounts().in_schema("auth")?;
    /// assert_eq!(bundle.schema().as_str(), "auth");
    /// # Ok::<(), limbeck_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When that is no name.
    pub fn in_schema(mut self, schema: &str) -> Result<Self> {
        self.placement = Some(Ident::new(schema)?);
        Ok(self)
    }

    /// Gives it another name, as it must have where one library is installed twice in a database:
    /// once a schema, once a name.
    ///
    /// ```
    /// # fn accounts() -> limbeck_core::Bundle { limbeck_core::Bundle::new("accounts") }
    /// let staff = accounts().named("staff").in_schema("staff")?;
    /// let customers = accounts().named("customers").in_schema("customers")?;
    /// assert_eq!((staff.name.as_str(), staff.origin.as_str()), ("staff", "accounts"));
    /// # let _ = customers;
    /// # Ok::<(), limbeck_core::Error>(())
    /// ```
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Pins it to a revision (or the unique beginning of one): what stands on that is left out, as if
    /// the library were as old as this. `heads` moves with the library; a pin moves when you say so.
    ///
    /// A database that is further already stays where it is: that is a newer program's business, as
    /// long as none of the later revisions is marked `breaking`.
    ///
    /// # Errors
    /// When there is no such revision, the beginning is of several, or an earlier
    /// [`at_least`](Self::at_least) asked for one that would be left out.
    pub fn at(mut self, revision: &str) -> Result<Self> {
        let graph = self.graph()?;
        let pin = match graph.find(revision) {
            Ok(pin) => pin,
            Err(error) => return Err(self.lacks(revision, error, &graph)),
        };
        let mut kept = graph.ancestors([pin]);
        kept.insert(pin.clone());
        if let Some(minimum) = &self.minimum
            && !kept.contains(minimum)
        {
            return Err(Error::new(
                ErrorKind::Config,
                format!(
                    "the bundle `{}` is pinned to {}, and {} is required of it",
                    self.name,
                    graph.describe(pin),
                    graph.describe(minimum)
                ),
            )
            .with_revision(minimum.clone())
            .with_hint("pin it to a later revision, or require less"));
        }
        if kept.len() < graph.len() {
            self.pinned = Some(pin.clone());
        }
        // What they stand for is gone through by databases that have a part of it.
        let replaced = kept.iter().filter_map(|id| graph.get(id));
        let replaced: Vec<RevisionId> = replaced.flat_map(|one| one.replaces.clone()).collect();
        kept.extend(replaced);
        self.migrations
            .retain(|migration| kept.contains(&migration.revision().id));
        Ok(self)
    }

    /// Requires that its chain holds a revision (or the unique beginning of one): the application
    /// needs what that makes, and says so where it lists the library rather than where a query fails.
    ///
    /// This is about the library that the program was built with; `run_pending` then brings the
    /// database there.
    ///
    /// # Errors
    /// When the library's chain, or what a pin left of it, has no such revision.
    pub fn at_least(mut self, revision: &str) -> Result<Self> {
        let graph = self.graph()?;
        let minimum = match graph.find(revision) {
            Ok(found) => found.clone(),
            Err(error) => {
                let heads: Vec<String> = graph
                    .heads()
                    .into_iter()
                    .map(|head| graph.describe(head))
                    .collect();
                let at = if heads.is_empty() {
                    "has no revisions".to_owned()
                } else {
                    format!("ends at {}", heads.join(" and "))
                };
                return Err(Error::new(
                    ErrorKind::Config,
                    format!(
                        "revision `{revision}` is required of the bundle `{}`, which {at}",
                        self.name
                    ),
                )
                .with_hint(format!(
                    "build with a later version of the library: `cargo update -p {}`",
                    self.origin
                ))
                .with_source(error));
            }
        };
        self.minimum = Some(minimum);
        Ok(self)
    }

    /// Its revisions as a graph.
    ///
    /// # Errors
    /// When they form none.
    pub fn graph(&self) -> Result<RevisionGraph> {
        let revisions = self.migrations.iter();
        RevisionGraph::new(
            revisions
                .map(|migration| migration.revision().clone())
                .collect(),
        )
    }

    /// The tables that its models state, each with its schema, and the struct that states it.
    pub fn tables(&self) -> BTreeSet<(String, String, &str)> {
        let placement = self.schema();
        let models = self.models.iter();
        models
            .map(|model| {
                let schema = model.schema.as_deref().unwrap_or(placement.as_str());
                (
                    schema.to_owned(),
                    model.table.clone(),
                    model.rust_name.as_str(),
                )
            })
            .collect()
    }

    fn lacks(&self, revision: &str, error: Error, graph: &RevisionGraph) -> Error {
        let told = Error::new(
            ErrorKind::Config,
            format!("the bundle `{}` cannot be pinned: {error}", self.name),
        );
        // Words that are targets elsewhere.
        if matches!(revision, "head" | "heads" | "base") {
            let heads = graph.heads().into_iter();
            let heads: Vec<String> = heads.map(|head| graph.describe(head)).collect();
            let newest = match heads.is_empty() {
                true => "it has no revisions".to_owned(),
                false => format!("its newest is {}", heads.join(" and ")),
            };
            return told.with_hint(format!(
                "a pin is a revision, and {newest}; without a pin a bundle goes to its heads"
            ));
        }
        match error.hint() {
            Some(hint) => told.with_hint(hint.to_owned()),
            None => told,
        }
    }

    /// The schema that its objects live in.
    pub fn schema(&self) -> Ident {
        self.placement
            .clone()
            .unwrap_or_else(|| Ident::new("public").expect("`public` is a name"))
    }
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name,
            origin: _,
            placement,
            minimum: _,
            pinned: _,
            models,
            sql,
            sql_path: _,
            migrations,
            directory,
            more_directories: _,
            dependencies,
        } = self;
        f.debug_struct("Bundle")
            .field("name", name)
            .field("placement", placement)
            .field("models", &models.len())
            .field("sql", &sql.len())
            .field("migrations", &migrations.len())
            .field("directory", directory)
            .field("dependencies", dependencies)
            .finish()
    }
}

/// A model that its crate has registered; `#[derive(Model)]` submits one.
pub struct Registered {
    /// The crate it stands in (`CARGO_PKG_NAME`).
    pub krate: &'static str,
    /// Makes the model's metadata.
    pub model: fn() -> ModelTable,
}

inventory::collect!(Registered);

/// The models registered by a crate, ordered by schema and table.
pub fn registered(krate: &str) -> Vec<ModelTable> {
    let mut models: Vec<ModelTable> = inventory::iter::<Registered>
        .into_iter()
        .filter(|registered| registered.krate == krate)
        .map(|registered| (registered.model)())
        .collect();
    models.sort_by(|a, b| (&a.schema, &a.table).cmp(&(&b.schema, &b.table)));
    models
}
