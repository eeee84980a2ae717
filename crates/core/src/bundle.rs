//! A bundle: one crate's models and revisions, and the schema that they are installed in.

use std::path::PathBuf;
use std::sync::Arc;

use crate::migration::Migration;
use crate::name::Ident;
use crate::schema::model::ModelTable;

/// The models and revisions of one crate.
#[derive(Clone)]
pub struct Bundle {
    /// Its name: the crate's, unless it says otherwise. History rows stand under it.
    pub name: String,
    /// The schema it is installed in; `None` is `public`.
    pub placement: Option<Ident>,
    /// Its models, in no particular order.
    pub models: Vec<ModelTable>,
    /// Its revisions, in no particular order.
    pub migrations: Vec<Arc<dyn Migration>>,
    /// Where its revisions stand on the disk of whoever develops it.
    pub directory: Option<PathBuf>,
    /// The bundles that it builds on.
    pub dependencies: Vec<Bundle>,
}

impl Bundle {
    /// A bundle of a name, without anything in it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            placement: None,
            models: Vec::new(),
            migrations: Vec::new(),
            directory: None,
            dependencies: Vec::new(),
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
            placement,
            models,
            migrations,
            directory,
            dependencies,
        } = self;
        f.debug_struct("Bundle")
            .field("name", name)
            .field("placement", placement)
            .field("models", &models.len())
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
