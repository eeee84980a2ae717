//! Which object is which, before and after something ran: a renamed table keeps its number, and one
//! that was dropped and made again under its old name does not.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::diff::Renames;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, ObjectId, QualifiedName, Result, Schema};

use crate::aside::under_own_path;
use crate::error::database_error;

/// The objects of a database by their numbers.
pub(super) struct Identities(BTreeMap<(String, i64, i64), ObjectId>);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    part: i64,
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Reads them.
pub(super) fn identities(connection: &mut PgConnection) -> Result<Identities> {
    let rows: Vec<Row> = under_own_path(connection, |connection| {
        sql_query(include_str!("identity.sql"))
            .load(connection)
            .map_err(|error| database_error(error, "the catalogs were read"))
    })?;
    let mut found = BTreeMap::new();
    for Row {
        kind,
        number,
        part,
        schema,
        owner,
        name,
    } in rows
    {
        let owner = QualifiedName::parse_parts(&schema, &owner)?;
        let id = match kind.as_str() {
            "table" => ObjectId::Table(owner),
            "sequence" => ObjectId::Sequence(owner),
            "index" => ObjectId::Index(owner),
            "enum" => ObjectId::Enum(owner),
            "column" => ObjectId::Column {
                table: owner,
                name: Ident::new(name)?,
            },
            "constraint" => ObjectId::Constraint {
                table: owner,
                name: Ident::new(name)?,
            },
            _ => ObjectId::EnumValue {
                ty: owner,
                value: name,
            },
        };
        found.insert((kind, number, part), id);
    }
    Ok(Identities(found))
}

impl Identities {
    /// What got another name on the way to `after`.
    pub(super) fn renames(&self, after: &Self) -> Renames {
        let mut renames = Renames::default();
        for (number, old) in &self.0 {
            if let Some(new) = after.0.get(number)
                && own_name(old) != own_name(new)
            {
                renames.by_new.insert(new.clone(), old.clone());
            }
        }
        renames
    }

    /// The drops of tables and columns that are there afterwards too, under the same name, but are
    /// others: what was in them is gone, though the schemas are alike.
    pub(super) fn replaced(&self, after: &Self, from: &Schema) -> Vec<Operation> {
        let names: BTreeMap<&ObjectId, _> =
            after.0.iter().map(|(number, id)| (id, number)).collect();
        let mut drops = Vec::new();
        for (number, id) in &self.0 {
            let is_kept = after.0.contains_key(number);
            let is_data = matches!(id, ObjectId::Table(_) | ObjectId::Column { .. });
            if is_kept || !is_data || !names.contains_key(id) {
                continue;
            }
            // A column of a replaced table goes with it.
            if let ObjectId::Column { table, .. } = id
                && self.number(&ObjectId::Table(table.clone()))
                    != after.number(&ObjectId::Table(table.clone()))
            {
                continue;
            }
            if let Some(object) = from.get(id) {
                drops.push(Operation::Drop {
                    id: id.clone(),
                    object: object.clone(),
                });
            }
        }
        drops
    }

    fn number(&self, wanted: &ObjectId) -> Option<&(String, i64, i64)> {
        self.0
            .iter()
            .find_map(|(number, id)| (id == wanted).then_some(number))
    }
}

/// The name of an object itself, whatever its table is called.
fn own_name(id: &ObjectId) -> &str {
    match id {
        ObjectId::Namespace(name)
        | ObjectId::Column { table: _, name }
        | ObjectId::Constraint { table: _, name }
        | ObjectId::Rule { table: _, name }
        | ObjectId::Trigger { table: _, name }
        | ObjectId::EventTrigger(name)
        | ObjectId::Extension(name)
        | ObjectId::DomainConstraint { domain: _, name }
        | ObjectId::Attribute { ty: _, name }
        | ObjectId::Policy { table: _, name } => name.as_str(),
        ObjectId::Enum(name)
        | ObjectId::Sequence(name)
        | ObjectId::Table(name)
        | ObjectId::Index(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Function { name, arguments: _ }
        | ObjectId::Procedure { name, arguments: _ }
        | ObjectId::Aggregate { name, arguments: _ }
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Multirange(name)
        | ObjectId::Collation(name)
        | ObjectId::ReplicaIdentity(name)
        | ObjectId::Cluster(name)
        | ObjectId::Typed(name)
        | ObjectId::Statistics(name)
        | ObjectId::SearchParser(name)
        | ObjectId::SearchTemplate(name)
        | ObjectId::SearchDictionary(name)
        | ObjectId::SearchConfiguration(name)
        | ObjectId::Operator { name, .. }
        | ObjectId::OperatorFamily { name, .. }
        | ObjectId::OperatorClass { name, .. }
        | ObjectId::FamilyMember { family: name, .. }
        | ObjectId::Conversion(name)
        | ObjectId::Partition(name) => name.name.as_str(),
        ObjectId::Inheritance { parent, .. } => parent.name.as_str(),
        ObjectId::Attached { name, .. }
        | ObjectId::Wrapper(name)
        | ObjectId::Server(name)
        | ObjectId::UserMapping { user: name, .. } => name.as_str(),
        ObjectId::EnumValue { ty: _, value } => value,
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            own_name(on)
        }
        ObjectId::DefaultPrivileges(scope) => scope.kind.word(),
        ObjectId::Language(name) | ObjectId::AccessMethod(name) => name.as_str(),
        ObjectId::Cast { source: _, target } => target,
        ObjectId::Publication(name) | ObjectId::Subscription(name) => name.as_str(),
        ObjectId::PublicationTable {
            publication: _,
            table,
        } => table.name.as_str(),
        ObjectId::PublicationSchema {
            publication: _,
            schema,
        } => schema.as_str(),
    }
}
