//! What somebody altered by hand: where the database is not what its revisions make.

use std::borrow::Cow;
use std::fmt;

use limbeck_core::schema::lower::{Declared, DeclaredColumn, DeclaredIdentity, DeclaredObject};
use limbeck_core::schema::object::{Column, NotNull};
use limbeck_core::schema::operation::Operation;
use limbeck_core::schema::setting::without_own;
use limbeck_core::{Error, ErrorKind, Object, ObjectId, Result, Schema};

/// Something that the revisions make and that the database lacks or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What it is about.
    pub object: ObjectId,
    /// How it differs.
    pub difference: DriftKind,
    /// What would bring it back, in words: `alter column public.users.email: not null`.
    pub repair: String,
}

/// How a database differs from what its revisions make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// The revisions make it, the database lacks it.
    Missing,
    /// The database has it otherwise.
    Changed,
}

/// What the revisions make and the database lacks or has otherwise, in the order of identities.
pub(crate) fn drift(live: &Schema, base: &Schema) -> Vec<Drift> {
    base.objects
        .iter()
        .filter(|(id, _)| !is_administration(id))
        .filter_map(|(id, object)| {
            let difference = match live.get(id) {
                None => DriftKind::Missing,
                Some(there) if *with_own_settings(there, object) != *object => DriftKind::Changed,
                Some(_) => return None,
            };
            let repair = match live.get(id) {
                None => Operation::Create {
                    id: id.clone(),
                    object: object.clone(),
                },
                Some(there) => Operation::Alter {
                    id: id.clone(),
                    from: there.clone(),
                    to: object.clone(),
                },
            };
            Some(Drift {
                object: id.clone(),
                difference,
                repair: repair.describe(),
            })
        })
        .collect()
}

/// Whether it says who owns something and who may do what: that is another thing in every database, and
/// not for models to say.
pub(super) fn is_administration(id: &ObjectId) -> bool {
    matches!(
        id,
        ObjectId::Owner(_) | ObjectId::Grant { .. } | ObjectId::DefaultPrivileges(_)
    )
}

/// A live object without the settings that the revisions say nothing of: those are an
/// administrator's.
fn with_own_settings<'a>(live: &'a Object, base: &Object) -> Cow<'a, Object> {
    if live == base {
        return Cow::Borrowed(live);
    }
    let mut object = without_own(live, base);
    if let (Object::Column(live), Object::Column(base)) = (&mut object, base) {
        if base.not_null == NotNull::default() {
            live.not_null = NotNull::default();
        } else if live.not_null.name.is_none() {
            // A database that comes from before Postgres 18 got its names when it was upgraded.
            live.not_null.name.clone_from(&base.not_null.name);
        }
    }
    Cow::Owned(object)
}

/// Refuses where somebody altered by hand what the models state: comparing would take that for an
/// old state and write it down as one. What they leave unsaid follows live, whoever set it.
pub(crate) fn refuse_drift(live: &Schema, base: &Schema, declared: &Declared) -> Result<()> {
    let stated: Vec<String> = drift(live, base)
        .iter()
        .filter(|drift| {
            let id = &drift.object;
            match (declared.objects.get(id), live.get(id), base.get(id)) {
                (
                    Some(DeclaredObject::Column(stated)),
                    Some(Object::Column(live)),
                    Some(Object::Column(base)),
                ) => without_unsaid(live, base, stated) != *base,
                (
                    Some(DeclaredObject::Table(stated)),
                    Some(Object::Table(live)),
                    Some(Object::Table(base)),
                ) => stated.persistence.is_some() && live.persistence != base.persistence,
                (stated, _, _) => stated.is_some() || declared.sql.get(id).is_some(),
            }
        })
        .map(ToString::to_string)
        .collect();
    if stated.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Drift,
        format!(
            "the database is not what its revisions make: {}",
            stated.join("; ")
        ),
    )
    .with_hint(
        "bring the database back to its revisions first; `limbeck check` lists the differences",
    ))
}

/// A live column as the revisions have it in everything that neither they nor its model state.
fn without_unsaid(live: &Column, base: &Column, stated: &DeclaredColumn) -> Column {
    // A model has no words for how a column is kept.
    let mut column = Column {
        storage: base.storage,
        compression: base.compression,
        statistics: base.statistics,
        options: base.options.clone(),
        not_null: base.not_null.clone(),
        ..live.clone()
    };
    if stated.collation.is_none() && base.collation.is_none() {
        column.collation = None;
    }
    if stated.default.is_none() && base.default.is_none() {
        column.default = None;
    }
    if let (Some(live), Some(base), Some(stated)) =
        (&mut column.identity, &base.identity, &stated.identity)
    {
        let DeclaredIdentity {
            mode: _,
            start,
            increment,
            min,
            max,
            cache,
            cycle,
        } = stated;
        let (live, base) = (&mut live.options, &base.options);
        let follow = |said: &Option<i64>, live: &mut i64, base: i64| {
            if said.is_none() {
                *live = base;
            }
        };
        follow(start, &mut live.start, base.start);
        follow(increment, &mut live.increment, base.increment);
        follow(min, &mut live.min, base.min);
        follow(max, &mut live.max, base.max);
        follow(cache, &mut live.cache, base.cache);
        if cycle.is_none() {
            live.cycle = base.cycle;
        }
    }
    column
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            object,
            difference,
            repair,
        } = self;
        match difference {
            DriftKind::Missing => write!(f, "{object} is missing in the database"),
            DriftKind::Changed => {
                write!(
                    f,
                    "{object} is not as the revisions made it (they say: {repair})"
                )
            }
        }
    }
}
