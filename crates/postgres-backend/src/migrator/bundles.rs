//! The bundles of an application: in which order, under which names, and whose is what.

use std::collections::{BTreeMap, BTreeSet};

use limbeck_core::revision::across::{Across, Member, member};
use limbeck_core::revision::graph::RevisionGraph;
use limbeck_core::revision::target::Target;
use limbeck_core::revision::{Dependency, Digest};
use limbeck_core::schema::model::{ModelEnum, ModelTable, ModelType};
use limbeck_core::{Bundle, Error, ErrorKind, Ident, QualifiedName, Result, RevisionId};

use super::Migrator;
use crate::history::HistoryTable;
use crate::quote::Naming;
use crate::runner::{Action, BundleRun};

/// What other bundles own, for the comparison of the application's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Others {
    /// Their tables and enum types, each with the bundle's name and its heads.
    pub(super) objects: BTreeMap<QualifiedName, Vec<Dependency>>,
}

impl Migrator {
    /// The bundles as the runner takes them, in the order of running; the own one comes last.
    pub(super) fn runs(&self) -> Result<&[BundleRun]> {
        let made = self.runs.get_or_try_init(|| {
            let bundles = self.ordered()?;
            check_tables(&bundles)?;
            let runs: Vec<BundleRun> = bundles
                .into_iter()
                .map(|bundle| BundleRun::new(bundle, Action::RunPending))
                .collect::<Result<_>>()?;
            // What is wrong between bundles is said before anything is connected.
            let abroad = runs.iter().flat_map(|run| run.graph.order()).any(|one| {
                !one.provides.is_empty() || one.depends_on.iter().any(|on| on.bundle.is_some())
            });
            if abroad {
                let members: Vec<Member<'_>> = runs.iter().map(BundleRun::member).collect();
                Across::new(&members)?;
            }
            Ok(runs)
        });
        made.map(Vec::as_slice)
    }

    /// The bundles in the order of running: each after those that it builds on. A name is one
    /// bundle: where a library brings another that the application lists itself, the application's
    /// listing (its placement, its pin) counts.
    pub(super) fn ordered(&self) -> Result<Vec<&Bundle>> {
        fn visit<'a>(
            bundle: &'a Bundle,
            listed: &[&'a Bundle],
            ordered: &mut Vec<&'a Bundle>,
        ) -> Result<()> {
            for dependency in &bundle.dependencies {
                // By its place: what is listed itself stands for itself.
                if listed.iter().any(|own| std::ptr::eq(*own, dependency)) {
                    visit(dependency, listed, ordered)?;
                    continue;
                }
                let own = listed
                    .iter()
                    .find(|own| own.name == dependency.name && same_library(own, dependency));
                visit(own.copied().unwrap_or(dependency), listed, ordered)?;
            }
            let twin = ordered.iter().find(|other| other.name == bundle.name);
            match twin {
                // The same library, reached by two ways.
                Some(twin)
                    if twin.schema() == bundle.schema() && contents(twin) == contents(bundle) =>
                {
                    Ok(())
                }
                Some(twin) => Err(two_of_a_name(twin, bundle)),
                None => {
                    ordered.push(bundle);
                    Ok(())
                }
            }
        }
        let listed: Vec<&Bundle> = self.bundle.dependencies.iter().collect();
        let mut ordered = Vec::new();
        visit(&self.bundle, &listed, &mut ordered)?;
        Ok(ordered)
    }

    /// The bundles with their graphs, in the order of running: the application's own is the last.
    ///
    /// # Errors
    /// When two of them are not to be told apart, or the revisions form no graph.
    pub fn bundles(&self) -> Result<&[BundleRun]> {
        self.runs()
    }

    /// The run of a target such as `head` or `accounts@base`: the bundle that it names (the own one
    /// where it names none, or a branch of its own) does `action`, and of the others each what `rest` says.
    pub(super) fn aimed(
        &self,
        text: &str,
        action: impl Fn(Target) -> Action,
        rest: impl Fn(bool) -> Action,
    ) -> Result<Vec<BundleRun>> {
        let (at, target, named) = self.aim(text)?;
        let runs = self.runs()?;
        let aimed = runs.iter().enumerate().map(|(number, run)| BundleRun {
            action: match number == at {
                true => action(target.clone()),
                false => rest(!named),
            },
            ..run.clone()
        });
        Ok(aimed.collect())
    }

    /// The run that records some targets, separated by spaces, each of which may name its bundle; where it is
    /// `anew`, with everything forgotten before that is recorded of these bundles.
    pub(super) fn stamped(&self, text: &str, anew: bool) -> Result<Vec<BundleRun>> {
        let mut targets: BTreeMap<usize, Vec<Target>> = BTreeMap::new();
        for text in text.split_whitespace() {
            let (at, target, _) = self.aim(text)?;
            let before = || anew.then_some(Target::BASE).into_iter().collect();
            targets.entry(at).or_insert_with(before).push(target);
        }
        if targets.is_empty() {
            return Err(Error::new(ErrorKind::Target, "no target is named")
                .with_hint("`head` is the newest revision, and `base` below all of them"));
        }
        let stamped = self
            .runs()?
            .iter()
            .enumerate()
            .map(|(number, run)| BundleRun {
                action: match targets.remove(&number) {
                    Some(targets) => Action::Stamp(targets),
                    None => Action::Leave,
                },
                ..run.clone()
            });
        Ok(stamped.collect())
    }

    /// Which bundle is meant, and which place in it; and whether the bundle was named.
    pub(super) fn aim(&self, text: &str) -> Result<(usize, Target, bool)> {
        let runs = self.runs()?;
        let own = runs.len().saturating_sub(1);
        let Some((name, place)) = text.split_once('@') else {
            return Ok((own, Target::parse(text)?, false));
        };
        let members: Vec<Member<'_>> = runs.iter().map(BundleRun::member).collect();
        match member(&members, name) {
            Ok(at) => Ok((at, Target::parse(place)?, true)),
            Err(_)
                if self
                    .own_graph()
                    .is_some_and(|graph| graph.branch(name).is_ok()) =>
            {
                Ok((own, Target::parse(text)?, false))
            }
            Err(error) => {
                // Of branches nothing is said where none has a name.
                let own = self.own_graph().filter(|graph| graph.has_labels());
                let branch = own.and_then(|graph| graph.branch(name).err());
                let message = match branch {
                    Some(_) => format!("{error}, and no branch of that name"),
                    None => error.to_string(),
                };
                let told = Error::new(ErrorKind::Target, message);
                let hint = branch.and_then(|error| error.hint().map(str::to_owned));
                Err(match (error.hint(), hint) {
                    (Some(hint), Some(branch)) => {
                        told.with_hint(format!("{hint}; for a branch: {branch}"))
                    }
                    (Some(hint), None) => told.with_hint(hint.to_owned()),
                    (None, _) => told,
                })
            }
        }
    }

    fn own_graph(&self) -> Option<&RevisionGraph> {
        let own = self.runs().ok().and_then(|runs| runs.last());
        own.map(|own| &*own.graph)
    }

    /// Whether this is a label or an identifier of the own bundle, which so names a branch: `name@head`. The
    /// beginning of an identifier does, too, but may as well be the name of a bundle.
    pub fn is_branch(&self, name: &str) -> bool {
        let own = self.own_graph().zip(RevisionId::new(name).ok());
        own.is_some_and(|(graph, name)| graph.named(&name).is_some())
    }

    /// A listed bundle by its name.
    pub(super) fn listed(&self, name: &str) -> Result<(usize, &BundleRun)> {
        let runs = self.runs()?;
        let members: Vec<Member<'_>> = runs.iter().map(BundleRun::member).collect();
        let at = member(&members, name)?;
        Ok((at, &runs[at]))
    }

    /// The own models, with what they refer to of other bundles named in full.
    pub(super) fn models_in_place(&self) -> Result<Vec<ModelTable>> {
        let bundles = self.ordered()?;
        refuse_history(&bundles, &self.options.history)?;
        let Some((own, others)) = bundles.split_last() else {
            return Ok(Vec::new());
        };
        let at = others.len();
        let mine: BTreeSet<&str> = own
            .models
            .iter()
            .map(|one| one.rust_name.as_str())
            .collect();
        let mut models = own.models.clone();
        for model in &mut models {
            let rust_name = model.rust_name.clone();
            for key in &mut model.foreign_keys {
                let Some(wanted) = &key.references_model else {
                    continue;
                };
                if key.references_schema.is_some() || mine.contains(wanted.as_str()) {
                    continue;
                }
                let has =
                    |bundle: &Bundle| bundle.models.iter().any(|one| one.rust_name == *wanted);
                if let Some(bundle) = the_one(others, has, wanted, &rust_name)? {
                    key.references_schema = Some(bundle.schema().as_str().to_owned());
                }
            }
            for column in &mut model.columns {
                place_type(&mut column.sql_type, &bundles, at, &rust_name)?;
            }
        }
        Ok(models)
    }

    /// What other bundles own.
    pub(super) fn others(&self) -> Result<Others> {
        let runs = self.runs()?;
        let bundles = self.ordered()?;
        let mut others = Others::default();
        let Some((_, before)) = bundles.split_last() else {
            return Ok(others);
        };
        for (at, (bundle, run)) in before.iter().zip(runs).enumerate() {
            let heads: Vec<Dependency> = run
                .graph
                .heads()
                .into_iter()
                .map(|head| Dependency {
                    bundle: Some(bundle.name.clone()),
                    revision: head.clone(),
                })
                .collect();
            let placement = bundle.schema();
            let mut own = |schema: Option<&str>, name: &str| -> Result<()> {
                let schema = schema.map(Ident::new).transpose()?;
                let name = QualifiedName::new(
                    schema.unwrap_or_else(|| placement.clone()),
                    Ident::new(name)?,
                );
                others.objects.insert(name, heads.clone());
                Ok(())
            };
            for model in &bundle.models {
                own(model.schema.as_deref(), &model.table)?;
                for column in &model.columns {
                    if let Some(stated) = enum_of(&column.sql_type)
                        && is_own(stated, &bundles, at)
                    {
                        own(stated.schema.as_deref(), &stated.name)?;
                    }
                }
            }
        }
        Ok(others)
    }
}

fn contents(bundle: &Bundle) -> BTreeSet<(&RevisionId, Digest)> {
    let revisions = bundle
        .migrations
        .iter()
        .map(|migration| migration.revision());
    revisions
        .map(|revision| (&revision.id, revision.content))
        .collect()
}

/// Whether two bundles are one library, perhaps with a pin on one of them.
fn same_library(one: &Bundle, other: &Bundle) -> bool {
    let (one_has, other_has) = (contents(one), contents(other));
    one.origin == other.origin && (one_has.is_subset(&other_has) || other_has.is_subset(&one_has))
}

fn two_of_a_name(one: &Bundle, other: &Bundle) -> Error {
    let name = &one.name;
    let (here, there) = (one.schema(), other.schema());
    if same_library(one, other) && here != there {
        return Error::new(
            ErrorKind::Config,
            format!("the bundle `{name}` is listed twice, in the schema `{here}` and in `{there}`"),
        )
        .with_hint(
            "give one of them another name with `.named(\"…\")`; or, where a library brings it \
             along, list it in the application to say where it is",
        );
    }
    Error::new(
        ErrorKind::Config,
        format!("two different bundles are called `{name}`"),
    )
    .with_hint("give one of them another name with `.named(\"…\")`")
}

/// What tables are called in which a history stands, in any schema: they are passed over where a
/// database is read (`introspect/prelude.sql`).
const HISTORIES: [&str; 2] = ["limbeck_revision", "__diesel_schema_migrations"];

/// The history's table is there before the first revision runs: none could make another of its name,
/// nor an index or a type, which share the names of tables. And a table that is called like one is
/// read as one.
fn refuse_history(bundles: &[&Bundle], history: &HistoryTable) -> Result<()> {
    let HistoryTable { schema, name } = history;
    for bundle in bundles {
        let placement = bundle.schema();
        let is_history = |stated: Option<&str>, other: &str| {
            stated.unwrap_or(placement.as_str()) == schema.as_str() && other == name.as_str()
        };
        for model in &bundle.models {
            let stated = model.schema.as_deref();
            let keys = model.primary_key.iter().chain(&model.uniques);
            let keys = keys.map(|key| &key.name);
            let excludes = model.excludes.iter().map(|exclude| &exclude.name);
            let indexes = model.indexes.iter().map(|index| &index.name);
            let mut indexes = keys.chain(excludes).chain(indexes).flatten();
            let mut enums = model
                .columns
                .iter()
                .filter_map(|column| enum_of(&column.sql_type));
            if HISTORIES.contains(&model.table.as_str()) && !is_history(stated, &model.table) {
                return Err(Error::new(
                    ErrorKind::Model,
                    format!(
                        "the table of `{}` is called `{}`, which is passed over in every schema as one \
                         in which a history stands",
                        model.rust_name, model.table
                    ),
                )
                .with_location(model.location.clone())
                .with_hint("name it otherwise"));
            }
            let (what, rust_name, location) = if is_history(stated, &model.table) {
                ("the table", &model.rust_name, &model.location)
            } else if indexes.any(|index| is_history(stated, index)) {
                ("an index", &model.rust_name, &model.location)
            } else if let Some(of) = enums.find(|of| is_history(of.schema.as_deref(), &of.name)) {
                ("the type", &of.rust_name, &of.location)
            } else {
                continue;
            };
            return Err(Error::new(
                ErrorKind::Model,
                format!(
                    "{what} of `{rust_name}` is called `{history}`, as the table is in which the \
                     history of the revisions stands"
                ),
            )
            .with_location(location.clone())
            .with_hint(
                "name it otherwise, or keep the history elsewhere: `[history] table` in \
                 `limbeck.toml`, or `Migrator::history_table`; a model that only reads the history \
                 is kept out with `#[model(register = false)]`",
            ));
        }
    }
    Ok(())
}

/// A table belongs to one bundle.
fn check_tables(bundles: &[&Bundle]) -> Result<()> {
    let mut owners: BTreeMap<(String, String), (&Bundle, &str)> = BTreeMap::new();
    for bundle in bundles {
        for (schema, table, rust_name) in bundle.tables() {
            let told = format!("{schema}.{table}");
            let Some((other, theirs)) = owners.insert((schema, table), (bundle, rust_name)) else {
                continue;
            };
            if std::ptr::eq(other, *bundle) {
                // Two models of one bundle: the comparison says so, with the places of both.
                continue;
            }
            let (error, hint) = if theirs == rust_name && other.origin == bundle.origin {
                (
                    format!(
                        "the bundles `{}` and `{}` are one library in one schema: both have the \
                         table `{told}`",
                        other.name, bundle.name
                    ),
                    "place one of them elsewhere with `.in_schema(\"…\")`",
                )
            } else if theirs == rust_name {
                (
                    format!(
                        "the model `{rust_name}` is in two bundles, `{}` and `{}`",
                        other.name, bundle.name
                    ),
                    "leave it to the bundle whose revisions make the table; others refer to it by \
                     `references(…)`",
                )
            } else {
                (
                    format!(
                        "the table `{told}` is of two bundles: of `{}` by `{theirs}`, and of `{}` \
                         by `{rust_name}`",
                        other.name, bundle.name
                    ),
                    "name one of them otherwise, place a bundle elsewhere with \
                     `.in_schema(\"…\")`, or keep a model out with `#[model(register = false)]`",
                )
            };
            return Err(Error::new(ErrorKind::Model, error).with_hint(hint));
        }
    }
    Ok(())
}

/// The bundle that has something; of several, the one that has kept its library's name.
fn the_one<'a>(
    bundles: &[&'a Bundle],
    has: impl Fn(&Bundle) -> bool,
    what: &str,
    by: &str,
) -> Result<Option<&'a Bundle>> {
    let having: Vec<&Bundle> = bundles.iter().copied().filter(|one| has(one)).collect();
    if let [only] = having.as_slice() {
        return Ok(Some(only));
    }
    let kept = having.iter().find(|bundle| bundle.name == bundle.origin);
    match (kept, having.as_slice()) {
        (Some(kept), _) => Ok(Some(kept)),
        (None, []) => Ok(None),
        (None, several) => {
            let names: Vec<String> = several
                .iter()
                .map(|bundle| format!("`{}`", bundle.name))
                .collect();
            Err(Error::new(
                ErrorKind::Model,
                format!(
                    "`{by}` refers to `{what}`, which several bundles have: {}",
                    names.join(", ")
                ),
            )
            .with_hint(
                "name the table with its schema: `references = \"auth.users(id)\"`, or the type: \
                 `sql_type = \"auth.role\"`",
            ))
        }
    }
}

/// The enum that a column has, be it in arrays.
fn enum_of(mut stated: &ModelType) -> Option<&ModelEnum> {
    loop {
        match stated {
            ModelType::Sql(_) => return None,
            ModelType::Array(element) => stated = element,
            ModelType::Enum(stated) => return Some(stated),
        }
    }
}

/// Which bundle declares an enum that the bundle at a place has a column of; `None` is that one.
///
/// Several may have such columns. Whoever has a model of the enum's crate declares it, and where that
/// tells nothing, whoever runs before.
fn declaring<'a>(
    wanted: &ModelEnum,
    bundles: &[&'a Bundle],
    at: usize,
    by: &str,
) -> Result<Option<&'a Bundle>> {
    let its_crate = |rust_name: &str| {
        let of = |path: &str| path.split("::").next().map(str::to_owned);
        of(rust_name) == of(&wanted.rust_name)
    };
    let has = |bundle: &Bundle, of_its_crate: bool| {
        let mut models = bundle.models.iter();
        models.any(|model| {
            let mut columns = model.columns.iter();
            (!of_its_crate || its_crate(&model.rust_name))
                && columns.any(|column| {
                    enum_of(&column.sql_type).is_some_and(|one| one.rust_name == wanted.rust_name)
                })
        })
    };
    let (before, after) = bundles.split_at(at.min(bundles.len()));
    let mine = after.first().is_some_and(|own| has(own, true));
    let what = &wanted.rust_name;
    if let Some(found) = the_one(before, |bundle| has(bundle, true), what, by)? {
        return Ok(Some(found));
    }
    if mine {
        return Ok(None);
    }
    let later = after.get(1..).unwrap_or_default();
    if let Some(found) = the_one(later, |bundle| has(bundle, true), what, by)? {
        return Ok(Some(found));
    }
    the_one(before, |bundle| has(bundle, false), what, by)
}

/// Whether the bundle at a place declares an enum that it has a column of. What cannot be told is some
/// other's: that has it too.
pub(super) fn is_own(wanted: &ModelEnum, bundles: &[&Bundle], at: usize) -> bool {
    matches!(declaring(wanted, bundles, at, ""), Ok(None))
}

/// An enum of another bundle is a type that is there, and none to be made.
fn place_type(stated: &mut ModelType, bundles: &[&Bundle], at: usize, by: &str) -> Result<()> {
    let wanted = match stated {
        ModelType::Sql(_) => return Ok(()),
        ModelType::Array(element) => return place_type(element, bundles, at, by),
        ModelType::Enum(wanted) => wanted,
    };
    if let Some(bundle) = declaring(wanted, bundles, at, by)? {
        let schema = match &wanted.schema {
            Some(schema) => Ident::new(schema.as_str())?,
            None => bundle.schema(),
        };
        let name = QualifiedName::new(schema, Ident::new(wanted.name.as_str())?);
        *stated = ModelType::Sql(Naming::always(&name).to_string());
    }
    Ok(())
}

/// The models of the bundle at a place, without the enums that other bundles declare: those want them
/// themselves.
pub(super) fn with_own_enums(bundles: &[&Bundle], at: usize) -> Vec<ModelTable> {
    let mut models = bundles[at].models.clone();
    for column in models.iter_mut().flat_map(|model| &mut model.columns) {
        if let Some(stated) = enum_of(&column.sql_type)
            && !is_own(stated, bundles, at)
        {
            // Of the column, no more than its name is asked for.
            column.sql_type = ModelType::Sql("text".to_owned());
        }
    }
    models
}
