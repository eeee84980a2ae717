//! Whether the tables and columns that a program needs are there: one look into the catalogs.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use limbeck_core::schema::lower::{DeclaredObject, lower};
use limbeck_core::{Error, ErrorKind, ObjectId, Result, RevisionId};

use super::Migrator;
use super::bundles::with_own_enums;
use crate::quote::{EQUAL, literal};
use crate::runner::{Action, Report};
use crate::session::Row;

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
    /// models contradict each other.
    pub fn verify<C>(&self, connection: &mut C) -> Result<()>
    where
        C: LoadConnection<Backend = Pg> + 'static,
    {
        let wanted = self.wanted()?;
        let Some(sql) = statement(&wanted) else {
            return Ok(());
        };
        let rows: Vec<Row> = diesel::sql_query(sql)
            .load(connection)
            .map_err(not_looked_for)?;
        let missing = missing(&wanted, rows.into_iter().map(|row| row.fields));
        if missing.is_empty() {
            return Ok(());
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

/// The statement that gives the places, from one, of what is missing; `None` where nothing is
/// wanted. Of a missing table or type, its columns and values are not missing too.
pub(super) fn statement(wanted: &[ObjectId]) -> Option<String> {
    if wanted.is_empty() {
        return None;
    }
    let mut columns: [Vec<String>; 4] = Default::default();
    for id in wanted {
        let (kind, name, part) = match id {
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
        "SELECT ARRAY[w.place::pg_catalog.text] AS fields\n\
         FROM ROWS FROM (\n{}\n  ) WITH ORDINALITY AS w (kind, schema, name, part, place)\n\
         LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname {EQUAL} w.schema::pg_catalog.name\n\
         LEFT JOIN pg_catalog.pg_class AS c ON w.kind {EQUAL} ANY ('{{table,column}}')\n  \
         AND c.relnamespace {EQUAL} n.oid AND c.relname {EQUAL} w.name::pg_catalog.name\n  \
         AND c.relkind {EQUAL} ANY ('{{r,p,v,m,f}}')\n\
         LEFT JOIN pg_catalog.pg_attribute AS a ON w.kind {EQUAL} 'column' AND a.attrelid {EQUAL} c.oid\n  \
         AND a.attname {EQUAL} w.part::pg_catalog.name AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped\n\
         LEFT JOIN pg_catalog.pg_type AS t ON w.kind {EQUAL} ANY ('{{enum,value}}')\n  \
         AND t.typnamespace {EQUAL} n.oid AND t.typname {EQUAL} w.name::pg_catalog.name \
         AND t.typtype {EQUAL} 'e'\n\
         LEFT JOIN pg_catalog.pg_enum AS e ON w.kind {EQUAL} 'value' AND e.enumtypid {EQUAL} t.oid\n  \
         AND e.enumlabel {EQUAL} w.part::pg_catalog.name\n\
         WHERE CASE\n  \
         WHEN w.kind {EQUAL} 'table' THEN c.oid IS NULL\n  \
         WHEN w.kind {EQUAL} 'column' THEN c.oid IS NOT NULL AND a.attnum IS NULL\n  \
         WHEN w.kind {EQUAL} 'enum' THEN t.oid IS NULL\n  \
         ELSE t.oid IS NOT NULL AND e.oid IS NULL END\n\
         ORDER BY w.place",
        arrays.join(",\n")
    ))
}

pub(super) fn not_looked_for(error: diesel::result::Error) -> Error {
    crate::error::database_error(error, "the tables of the models were looked for")
}

/// What the statement found missing.
pub(super) fn missing(
    wanted: &[ObjectId],
    rows: impl Iterator<Item = Vec<Option<String>>>,
) -> Vec<&ObjectId> {
    rows.filter_map(|fields| fields.into_iter().next().flatten()?.parse::<usize>().ok())
        .filter_map(|place| wanted.get(place.checked_sub(1)?))
        .collect()
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
    use limbeck_core::QualifiedName;

    use super::*;
    use crate::quote::bare::bare;

    #[test]
    fn nothing_is_left_to_the_search_path() {
        let name = QualifiedName::parse_parts("public", "posts").expect("a name");
        let sql = statement(&[ObjectId::Table(name)]).expect("something is wanted");
        assert_eq!(bare(&sql), [""; 0], "{sql}");
    }
}
