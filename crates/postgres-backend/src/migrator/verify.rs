//! Whether the tables and columns that a program needs are there: one look into the catalogs.

use std::collections::BTreeSet;

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use limbeck_core::schema::lower::{DeclaredObject, lower};
use limbeck_core::{Error, ErrorKind, Ident, ObjectId, QualifiedName, Result, RevisionId};

use super::Migrator;
use super::bundles::with_own_enums;
use crate::quote::{DIFFERENT, EQUAL, literal};
use crate::runner::{Action, Report};
use crate::search_path;
use crate::session::Row;
use crate::test_schema::{self, SETTING};

/// How many missing things are named one by one.
const NAMED: usize = 20;

impl Migrator {
    /// Looks whether everything that the models of this program read and write is really there:
    /// each table and column, each enum type and each of its values, of all bundles in their
    /// schemas. One statement, some milliseconds; nothing is changed. The history is read only where
    /// something is missing, to say whether the database is behind or this program.
    ///
    /// More than that may be there: the objects of newer revisions, and everybody else's. Not
    /// compared are the types of columns, nullability, keys and indexes, which
    /// [`check`](Self::check) compares: a domain over `text` or a wider column serves a program as
    /// well, and refusing to start over it would be worse. Any role may ask, whatever its rights on
    /// the tables are; no scratch database and no server is needed.
    ///
    /// The application's own tables must also be found without their schema, where their models say
    /// none: Diesel looks for them so, along the `search_path` of the connection. A library's are not
    /// looked for in this way, since each of its placements may have a pool of its own.
    ///
    /// ```no_run
    /// # fn main() -> limbeck_core::Result<()> {
    /// # let migrator = limbeck_postgres::Migrator::from_directory("migrations")?;
    /// # let mut connection = limbeck_postgres::connect("postgres://me@localhost/blog")?;
    /// migrator.verify(&mut connection)?;
    /// # Ok::<(), limbeck_core::Error>(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Drift`] with the name of everything that is missing, and of the revisions in the
    /// database that this program does not know, where it is the stale one, or of the bundle whose
    /// [pin](limbeck_core::Bundle::at) its models are newer than; [`ErrorKind::Model`] where
    /// models contradict each other; [`ErrorKind::Config`] with the search path and the tables that it
    /// does not lead to.
    pub fn verify<C>(&self, connection: &mut C) -> Result<()>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let wanted = self.wanted()?;
        let Some(sql) = statement(&wanted, &self.looked_for_bare()?) else {
            return Ok(());
        };
        let rows: Vec<Row> = diesel::sql_query(sql)
            .load(connection)
            .map_err(not_looked_for)?;
        let Found { missing, unseen } = found(&wanted, rows)?;
        if missing.is_empty() {
            return refuse_unseen(&unseen);
        }
        // Only now is the history worth a look: whose fault is it?
        let standing = self.run(connection, |_| Action::Inspect);
        Err(self.lacking(&missing, standing))
    }

    /// Refuses what is missing, and says whether this program is behind, the database, or a pin.
    pub(super) fn lacking(&self, missing: &[&ObjectId], standing: Result<Report>) -> Error {
        let error = refuse(missing);
        let Ok(standing) = standing else {
            return error;
        };
        if let Ok(Some((name, pin))) = self.pinned_below(missing, &standing) {
            return Error::new(
                ErrorKind::Drift,
                format!(
                    "{error}: the bundle `{name}` is pinned to `{pin}`, and its models are newer than that"
                ),
            )
            .with_hint(format!(
                "pin `{name}` to the later revision of the library that makes what is missing, or build with \
                 the version of the library whose last revision is `{pin}`: a pin does not change the structs"
            ));
        }
        let pending = standing.bundles.iter().any(|one| !one.pending.is_empty());
        let unknown: Vec<String> = standing
            .bundles
            .iter()
            .flat_map(|one| {
                one.unknown
                    .iter()
                    .map(|id| format!("`{id}` of `{}`", one.bundle))
            })
            .collect();
        if unknown.is_empty() {
            return error;
        }
        let (more, rest) = match unknown.len().saturating_sub(NAMED) {
            0 => (unknown.len(), String::new()),
            rest => (NAMED, format!(", and {rest} more")),
        };
        let unknown = unknown[..more].join(", ");
        let also = match pending {
            true => {
                "; it has revisions that are not applied as well: two programs of different branches \
                     share this database"
            }
            false => "",
        };
        let told = format!(
            "{error}: the database is ahead of this program, which is the stale one: it does not know \
             {unknown}{rest}"
        );
        Error::new(ErrorKind::Drift, told).with_hint(format!(
            "start the program of the newest release; a revision that older programs cannot work with says \
             `breaking = true` before it is applied, and they refuse by themselves{also}"
        ))
    }

    /// The bundle that lacks something only because it is pinned, with its pin: all of its revisions
    /// that there are below that are applied.
    fn pinned_below(
        &self,
        missing: &[&ObjectId],
        standing: &Report,
    ) -> Result<Option<(String, RevisionId)>> {
        for (at, bundle) in self.ordered()?.iter().enumerate() {
            let Some(pin) = &bundle.pinned else { continue };
            let is_behind = standing
                .bundles
                .iter()
                .any(|one| one.bundle == bundle.name && !one.pending.is_empty());
            if is_behind {
                continue;
            }
            let wanted = self.wanted_where(|number| number == at)?;
            if missing.iter().any(|id| wanted.contains(id)) {
                return Ok(Some((bundle.name.clone(), pin.clone())));
            }
        }
        Ok(None)
    }

    /// What the models of all bundles need, each once.
    pub(super) fn wanted(&self) -> Result<Vec<ObjectId>> {
        self.wanted_where(|_| true)
    }

    /// What the models of some bundles need, by their places in the order of running.
    fn wanted_where(&self, is_meant: impl Fn(usize) -> bool) -> Result<Vec<ObjectId>> {
        let mut wanted = Vec::new();
        let bundles = self.ordered()?;
        for (at, bundle) in bundles.iter().enumerate().filter(|(at, _)| is_meant(*at)) {
            let declared = lower(&with_own_enums(&bundles, at), &bundle.schema())?;
            for (id, object) in declared.objects {
                match object {
                    DeclaredObject::Enum(declared) => {
                        let ObjectId::Enum(ty) = &id else { continue };
                        let values = declared
                            .values
                            .into_iter()
                            .map(|value| ObjectId::EnumValue {
                                ty: ty.clone(),
                                value,
                            });
                        wanted.push(id.clone());
                        wanted.extend(values);
                    }
                    DeclaredObject::Table(_) | DeclaredObject::Column(_) => wanted.push(id),
                    DeclaredObject::Namespace(_)
                    | DeclaredObject::Constraint(_)
                    | DeclaredObject::Index(_)
                    | DeclaredObject::Comment(_) => {}
                }
            }
        }
        wanted.sort();
        wanted.dedup();
        Ok(wanted)
    }
}

impl Migrator {
    /// The tables of the own models that name no schema. Those are found by the search path alone. Who states where the own
    /// bundle goes knows of the schema, and may name it in every query.
    pub(super) fn looked_for_bare(&self) -> Result<BTreeSet<QualifiedName>> {
        let own = self.own();
        if own.placement.is_some() {
            return Ok(BTreeSet::new());
        }
        let placement = own.schema();
        let models = own.models.iter().filter(|model| model.schema.is_none());
        models
            .map(|model| {
                let table = Ident::new(model.table.as_str())?;
                Ok(QualifiedName::new(placement.clone(), table))
            })
            .collect()
    }
}

/// What the statement has found.
pub(super) struct Found<'a> {
    pub(super) missing: Vec<&'a ObjectId>,
    /// What is there and not on the search path, with that.
    pub(super) unseen: Vec<(&'a QualifiedName, String)>,
}

/// The statement that gives the places, from one, of what is missing; `None` where nothing is
/// wanted. Of a missing table or type, its columns and values are not missing too. With the search path,
/// it gives the places of tables that are there, and are not what their bare names mean. A role that may
/// not use the schema finds nothing in it, whatever its path is.
pub(super) fn statement(wanted: &[ObjectId], bare: &BTreeSet<QualifiedName>) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let mut columns: [Vec<String>; 4] = Default::default();
    for id in wanted {
        let (kind, name, part) = match id {
            ObjectId::Table(name) if bare.contains(name) => ("bare", name, ""),
            ObjectId::Table(name) => ("table", name, ""),
            ObjectId::Column { table, name } => ("column", table, name.as_str()),
            ObjectId::Enum(name) => ("enum", name, ""),
            ObjectId::EnumValue { ty, value } => ("value", ty, value.as_str()),
            _ => continue,
        };
        let texts = [kind, name.schema.as_str(), name.name.as_str(), part];
        for (column, text) in columns.iter_mut().zip(texts) {
            column.push(literal(text).to_string());
        }
    }
    let arrays = columns.map(|texts| {
        format!(
            "    pg_catalog.unnest(ARRAY[{}]::pg_catalog.text[])",
            texts.join(", ")
        )
    });
    Some(format!(
        "SELECT ARRAY[w.place::pg_catalog.text, CASE WHEN w.kind {EQUAL} 'bare' AND c.oid IS NOT NULL \
         THEN pg_catalog.current_setting('search_path') END,\n  \
         CASE WHEN {others} THEN pg_catalog.current_setting('{SETTING}') END] AS fields\n\
         FROM ROWS FROM (\n{}\n  ) WITH ORDINALITY AS w (kind, schema, name, part, place)\n\
         LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname {EQUAL} w.schema::pg_catalog.name\n\
         LEFT JOIN pg_catalog.pg_class AS c ON w.kind {EQUAL} ANY ('{{table,bare,column}}')\n  \
         AND c.relnamespace {EQUAL} n.oid AND c.relname {EQUAL} w.name::pg_catalog.name\n  \
         AND c.relkind {EQUAL} ANY ('{{r,p,v,m,f}}')\n\
         LEFT JOIN pg_catalog.pg_attribute AS a ON w.kind {EQUAL} 'column' AND a.attrelid {EQUAL} c.oid\n  \
         AND a.attname {EQUAL} w.part::pg_catalog.name AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped\n\
         LEFT JOIN pg_catalog.pg_type AS t ON w.kind {EQUAL} ANY ('{{enum,value}}')\n  \
         AND t.typnamespace {EQUAL} n.oid AND t.typname {EQUAL} w.name::pg_catalog.name \
         AND t.typtype {EQUAL} 'e'\n\
         LEFT JOIN pg_catalog.pg_enum AS e ON w.kind {EQUAL} 'value' AND e.enumtypid {EQUAL} t.oid\n  \
         AND e.enumlabel {EQUAL} w.part::pg_catalog.name\n\
         WHERE {others} OR CASE\n  \
         WHEN w.kind {EQUAL} 'table' THEN c.oid IS NULL\n  \
         WHEN w.kind {EQUAL} 'bare' THEN c.oid IS NULL OR NOT pg_catalog.pg_table_is_visible(c.oid)\n    \
         AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')\n  \
         WHEN w.kind {EQUAL} 'column' THEN c.oid IS NOT NULL AND a.attnum IS NULL\n  \
         WHEN w.kind {EQUAL} 'enum' THEN t.oid IS NULL\n  \
         ELSE t.oid IS NOT NULL AND e.oid IS NULL END\n\
         ORDER BY w.place",
        arrays.join(",\n"),
        // Somewhere else than where the test of this session is.
        others = format_args!(
            "w.schema {DIFFERENT} pg_catalog.current_setting('{SETTING}', true) \
             AND pg_catalog.current_setting('{SETTING}', true) {DIFFERENT} ''"
        ),
    ))
}

pub(super) fn not_looked_for(error: diesel::result::Error) -> Error {
    crate::error::database_error(error, "the tables of the models were looked for")
}

/// What the rows of the statement say.
///
/// # Errors
/// Where the session is that of a test in a schema of its own, and something is wanted in another one.
pub(super) fn found(wanted: &[ObjectId], rows: Vec<Row>) -> Result<Found<'_>> {
    let mut found = Found {
        missing: Vec::new(),
        unseen: Vec::new(),
    };
    for row in rows {
        let mut fields = row.fields.into_iter();
        let place = fields.next().flatten();
        let place = place.and_then(|place| place.parse::<usize>().ok()?.checked_sub(1));
        let Some(id) = place.and_then(|place| wanted.get(place)) else {
            continue;
        };
        let path = fields.next().flatten();
        let schema = fields.next().flatten();
        if let (Some(schema), Some(place)) = (schema, id.namespace()) {
            return Err(test_schema::refuse(&schema, place));
        }
        match (id, path) {
            (ObjectId::Table(name), Some(path)) => found.unseen.push((name, path)),
            _ => found.missing.push(id),
        }
    }
    Ok(found)
}

/// Refuses where the search path does not lead to a table.
pub(super) fn refuse_unseen(unseen: &[(&QualifiedName, String)]) -> Result<()> {
    let Some((first, path)) = unseen.first() else {
        return Ok(());
    };
    let named: Vec<String> = unseen
        .iter()
        .take(NAMED)
        .map(|(name, _)| format!("`{}`", name.name))
        .collect();
    let more = match unseen.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (what, stand) = match unseen {
        [_] => ("the table", "which stands"),
        _ => ("the tables", "which stand"),
    };
    Err(Error::new(
        ErrorKind::Config,
        format!(
            "this connection does not find {what} {}{more}, {stand} in `{}`: its search path is {}, and the models \
             name no schema",
            named.join(", "),
            first.schema,
            search_path::shown(path)
        ),
    )
    .with_hint(search_path::remedy(path, &first.schema)))
}

/// Refuses where something is missing, each thing by its name.
fn refuse(missing: &[&ObjectId]) -> Error {
    let missing: Vec<String> = missing
        .iter()
        .map(|id| match id {
            ObjectId::Table(name) => format!("the table `{name}`"),
            ObjectId::Column { table, name } => format!("the column `{table}.{name}`"),
            ObjectId::Enum(name) => format!("the type `{name}`"),
            ObjectId::EnumValue { ty, value } => {
                format!("the value `{value}` of the type `{ty}`")
            }
            other => format!("`{other}`"),
        })
        .collect();
    let more = match missing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let named: Vec<String> = missing.into_iter().take(NAMED).collect();
    Error::new(
        ErrorKind::Drift,
        format!(
            "the database lacks what this program needs: {}{more}",
            named.join(", ")
        ),
    )
    .with_hint(
        "apply the pending revisions (`limbeck upgrade head`); where none are, somebody has taken \
         it away, or the models changed without a revision: `limbeck check` says which",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quote::bare::bare;

    #[test]
    fn nothing_is_left_to_the_search_path() {
        let name = QualifiedName::parse_parts("public", "posts").expect("a name");
        let sql =
            statement(&[ObjectId::Table(name)], &BTreeSet::new()).expect("something is wanted");
        assert_eq!(bare(&sql), [""; 0], "{sql}");
    }
}
