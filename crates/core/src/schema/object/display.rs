//! Identities as they are written in metadata files and consent.

use std::fmt;

use crate::name::QualifiedName;
use crate::schema::object::{ObjectId, is_plain};

impl fmt::Display for ObjectId {
    /// The form of metadata files and of consent: `table:public.posts`, `column:public.posts.title`;
    /// a part that is no plain lower-case name stands in double quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let qualified = |f: &mut fmt::Formatter<'_>, name: &QualifiedName| {
            part(f, name.schema.as_str())?;
            f.write_str(".")?;
            part(f, name.name.as_str())
        };
        match self {
            Self::Namespace(name) => {
                f.write_str("schema:")?;
                part(f, name.as_str())
            }
            Self::Enum(name) => {
                f.write_str("enum:")?;
                qualified(f, name)
            }
            Self::EnumValue { ty, value } => {
                f.write_str("enum_value:")?;
                qualified(f, ty)?;
                f.write_str(".")?;
                part(f, value)
            }
            Self::Sequence(name) => {
                f.write_str("sequence:")?;
                qualified(f, name)
            }
            Self::Table(name) => {
                f.write_str("table:")?;
                qualified(f, name)
            }
            Self::Column { table, name } => {
                f.write_str("column:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Constraint { table, name } => {
                f.write_str("constraint:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Index(name) => {
                f.write_str("index:")?;
                qualified(f, name)
            }
            Self::Comment(on) => write!(f, "comment:{on}"),
            Self::View(name) => {
                f.write_str("view:")?;
                qualified(f, name)
            }
            Self::MaterializedView(name) => {
                f.write_str("materialized_view:")?;
                qualified(f, name)
            }
            Self::Rule { table, name } => {
                f.write_str("rule:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Function { name, arguments } => {
                f.write_str("function:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::Procedure { name, arguments } => {
                f.write_str("procedure:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::Aggregate { name, arguments } => {
                f.write_str("aggregate:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::Trigger { table, name } => {
                f.write_str("trigger:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::EventTrigger(name) => {
                f.write_str("event_trigger:")?;
                part(f, name.as_str())
            }
            Self::Extension(name) => {
                f.write_str("extension:")?;
                part(f, name.as_str())
            }
            Self::Domain(name) => {
                f.write_str("domain:")?;
                qualified(f, name)
            }
            Self::DomainConstraint { domain, name } => {
                f.write_str("domain_constraint:")?;
                qualified(f, domain)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Composite(name) => {
                f.write_str("composite:")?;
                qualified(f, name)
            }
            Self::Attribute { ty, name } => {
                f.write_str("attribute:")?;
                qualified(f, ty)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Range(name) => {
                f.write_str("range:")?;
                qualified(f, name)
            }
            Self::Multirange(name) => {
                f.write_str("multirange:")?;
                qualified(f, name)
            }
            Self::Collation(name) => {
                f.write_str("collation:")?;
                qualified(f, name)
            }
            Self::ReplicaIdentity(table) => {
                f.write_str("replica_identity:")?;
                qualified(f, table)
            }
            Self::Cluster(table) => {
                f.write_str("cluster:")?;
                qualified(f, table)
            }
            Self::Typed(table) => {
                f.write_str("typed:")?;
                qualified(f, table)
            }
            Self::Statistics(name) => {
                f.write_str("statistics:")?;
                qualified(f, name)
            }
            Self::Policy { table, name } => {
                f.write_str("policy:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Partition(table) => {
                f.write_str("partition:")?;
                qualified(f, table)
            }
            Self::Inheritance { table, parent } => {
                f.write_str("inheritance:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                qualified(f, parent)
            }
            Self::Attached { table, name } => {
                f.write_str("attached:")?;
                qualified(f, table)?;
                f.write_str(".")?;
                part(f, name.as_str())
            }
            Self::Owner(on) => write!(f, "owner:{on}"),
            Self::Grant { on, grantee } => write!(f, "grant:{grantee}:{on}"),
            Self::DefaultPrivileges(scope) => write!(f, "default_privileges:{scope}"),
            Self::Wrapper(name) => {
                f.write_str("wrapper:")?;
                part(f, name.as_str())
            }
            Self::Server(name) => {
                f.write_str("server:")?;
                part(f, name.as_str())
            }
            Self::UserMapping { server, user } => {
                f.write_str("user_mapping:")?;
                part(f, server.as_str())?;
                f.write_str(".")?;
                part(f, user.as_str())
            }
            Self::Publication(name) => {
                f.write_str("publication:")?;
                part(f, name.as_str())
            }
            Self::PublicationTable { publication, table } => {
                f.write_str("publication_table:")?;
                part(f, publication.as_str())?;
                f.write_str(".")?;
                qualified(f, table)
            }
            Self::PublicationSchema {
                publication,
                schema,
            } => {
                f.write_str("publication_schema:")?;
                part(f, publication.as_str())?;
                f.write_str(".")?;
                part(f, schema.as_str())
            }
            Self::Subscription(name) => {
                f.write_str("subscription:")?;
                part(f, name.as_str())
            }
            Self::SearchParser(name) => {
                f.write_str("search_parser:")?;
                qualified(f, name)
            }
            Self::SearchTemplate(name) => {
                f.write_str("search_template:")?;
                qualified(f, name)
            }
            Self::SearchDictionary(name) => {
                f.write_str("search_dictionary:")?;
                qualified(f, name)
            }
            Self::SearchConfiguration(name) => {
                f.write_str("search_configuration:")?;
                qualified(f, name)
            }
            Self::Operator { name, arguments } => {
                f.write_str("operator:")?;
                qualified(f, name)?;
                write!(f, "({arguments})")
            }
            Self::OperatorFamily { name, method } => {
                f.write_str("operator_family:")?;
                qualified(f, name)?;
                f.write_str(".")?;
                part(f, method.as_str())
            }
            Self::OperatorClass { name, method } => {
                f.write_str("operator_class:")?;
                qualified(f, name)?;
                f.write_str(".")?;
                part(f, method.as_str())
            }
            Self::FamilyMember {
                family,
                method,
                slot,
                arguments,
            } => {
                f.write_str("family_member:")?;
                qualified(f, family)?;
                f.write_str(".")?;
                part(f, method.as_str())?;
                f.write_str(".")?;
                part(f, &slot.to_string())?;
                write!(f, "({arguments})")
            }
            Self::Cast { source, target } => write!(f, "cast:({source}, {target})"),
            Self::Conversion(name) => {
                f.write_str("conversion:")?;
                qualified(f, name)
            }
            Self::Language(name) => {
                f.write_str("language:")?;
                part(f, name.as_str())
            }
            Self::AccessMethod(name) => {
                f.write_str("access_method:")?;
                part(f, name.as_str())
            }
        }
    }
}

pub(super) fn part(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_plain(name) {
        f.write_str(name)
    } else {
        write!(f, "\"{}\"", name.replace('"', "\"\""))
    }
}
