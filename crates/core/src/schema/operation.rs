//! One change of a schema: four verbs over the kinds of object.

use std::fmt;

use crate::name::Ident;
use crate::schema::object::table::{Persistence, RowSecurity};
use crate::schema::object::{
    Column, Composite, ConstraintKind, Deferrable, Enum, Expression, Foreign, GrantOption, Object,
    ObjectId, OwnerColumn, Privileges, Publication, ReplicaIdentity, Sequence, Table,
};

/// One change, which carries all that is needed to take it back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most operations of a list are of the large kind"
)]
pub enum Operation {
    /// An object comes into being.
    Create {
        /// Who.
        id: ObjectId,
        /// What.
        object: Object,
    },
    /// An object goes; it is carried along so that it can come back.
    Drop {
        /// Who.
        id: ObjectId,
        /// What it was.
        object: Object,
    },
    /// An object changes in place.
    Alter {
        /// Who.
        id: ObjectId,
        /// What it was.
        from: Object,
        /// What it will be; of the same kind.
        to: Object,
    },
    /// An object gets another name and stays what it is.
    Rename {
        /// Who it was.
        from: ObjectId,
        /// Who it will be; of the same kind.
        to: ObjectId,
    },
}

impl Operation {
    /// The operation that takes this one back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Create { id, object } => Self::Drop { id, object },
            Self::Drop { id, object } => Self::Create { id, object },
            Self::Alter { id, from, to } => Self::Alter {
                id,
                from: to,
                to: from,
            },
            Self::Rename { from, to } => Self::Rename { from: to, to: from },
        }
    }

    /// Who it is about; for a rename, who it will be.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Create { id, .. } | Self::Drop { id, .. } | Self::Alter { id, .. } => id,
            Self::Rename { to, .. } => to,
        }
    }

    /// One line for people: `create table public.posts`.
    pub fn describe(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Operation {
    /// One line for people: `add column public.posts.title`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { id, object } => {
                let verb = match id {
                    ObjectId::Column { .. }
                    | ObjectId::Constraint { .. }
                    | ObjectId::EnumValue { .. }
                    | ObjectId::Comment(_)
                    | ObjectId::DomainConstraint { .. }
                    | ObjectId::Attribute { .. }
                    | ObjectId::PublicationTable { .. }
                    | ObjectId::PublicationSchema { .. }
                    | ObjectId::FamilyMember { .. } => "add",
                    ObjectId::ReplicaIdentity(_) | ObjectId::Cluster(_) | ObjectId::Typed(_) => {
                        "set"
                    }
                    ObjectId::Partition(_)
                    | ObjectId::Inheritance { .. }
                    | ObjectId::Attached { .. } => "set",
                    ObjectId::Namespace(_)
                    | ObjectId::Enum(_)
                    | ObjectId::Sequence(_)
                    | ObjectId::Table(_)
                    | ObjectId::Index(_)
                    | ObjectId::View(_)
                    | ObjectId::MaterializedView(_)
                    | ObjectId::Rule { .. }
                    | ObjectId::Function { .. }
                    | ObjectId::Procedure { .. }
                    | ObjectId::Aggregate { .. }
                    | ObjectId::Trigger { .. }
                    | ObjectId::EventTrigger(_)
                    | ObjectId::Extension(_)
                    | ObjectId::Domain(_)
                    | ObjectId::Composite(_)
                    | ObjectId::Range(_)
                    | ObjectId::Multirange(_)
                    | ObjectId::Collation(_)
                    | ObjectId::Statistics(_)
                    | ObjectId::Publication(_)
                    | ObjectId::Subscription(_)
                    | ObjectId::SearchParser(_)
                    | ObjectId::SearchTemplate(_)
                    | ObjectId::SearchDictionary(_)
                    | ObjectId::SearchConfiguration(_)
                    | ObjectId::Operator { .. }
                    | ObjectId::OperatorFamily { .. }
                    | ObjectId::OperatorClass { .. }
                    | ObjectId::Cast { .. }
                    | ObjectId::Conversion(_)
                    | ObjectId::Language(_)
                    | ObjectId::AccessMethod(_)
                    | ObjectId::Wrapper(_)
                    | ObjectId::Server(_)
                    | ObjectId::UserMapping { .. }
                    | ObjectId::Policy { .. } => "create",
                    ObjectId::Owner(_)
                    | ObjectId::Grant { .. }
                    | ObjectId::DefaultPrivileges(_) => "set",
                };
                write!(f, "{verb} {}", Named(id, object))
            }
            Self::Drop { id, object } => write!(f, "drop {}", Named(id, object)),
            Self::Alter { id, from, to } => {
                write!(f, "alter {}", Named(id, from))?;
                let mut differences = differences(from, to).into_iter();
                if let Some(first) = differences.next() {
                    write!(f, ": {first}")?;
                }
                differences.try_for_each(|next| write!(f, ", {next}"))
            }
            Self::Rename { from, to } => {
                write!(f, "rename {} {} to {}", from.kind(), dotted(from), last(to))
            }
        }
    }
}

/// An object with the word for what it is.
struct Named<'a>(&'a ObjectId, &'a Object);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(id, object) = self;
        let kind = match object {
            Object::Constraint(constraint) => match &constraint.kind {
                ConstraintKind::PrimaryKey(_) => "primary key",
                ConstraintKind::Unique(_) => "unique key",
                ConstraintKind::ForeignKey(_) => "foreign key",
                ConstraintKind::Check(_) => "check",
                ConstraintKind::Exclude(_) => "exclusion",
            },
            _ => id.kind(),
        };
        match id {
            ObjectId::Comment(on) => write!(f, "{kind} on {} {}", on.kind(), dotted(on)),
            ObjectId::Owner(on) => write!(f, "{kind} of {} {}", on.kind(), dotted(on)),
            ObjectId::Grant { on, grantee } => {
                write!(f, "{kind} on {} {} to {grantee}", on.kind(), dotted(on))
            }
            other => write!(f, "{kind} {}", dotted(other)),
        }
    }
}

/// The names of an identity without its kind.
fn dotted(id: &ObjectId) -> String {
    let text = id.to_string();
    match text.split_once(':') {
        Some((_, names)) => names.to_owned(),
        None => text,
    }
}

/// The last of the names of an identity, as it is.
fn last(id: &ObjectId) -> &str {
    match id {
        ObjectId::Namespace(name)
        | ObjectId::Column { name, .. }
        | ObjectId::Constraint { name, .. }
        | ObjectId::Extension(name)
        | ObjectId::DomainConstraint { name, .. }
        | ObjectId::Attribute { name, .. } => name.as_str(),
        ObjectId::Enum(name)
        | ObjectId::Sequence(name)
        | ObjectId::Table(name)
        | ObjectId::Index(name)
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
        ObjectId::Cast { source: _, target } => target,
        ObjectId::Language(name) | ObjectId::AccessMethod(name) => name.as_str(),
        ObjectId::EnumValue { value, .. } => value,
        ObjectId::Comment(on) | ObjectId::Owner(on) | ObjectId::Grant { on, grantee: _ } => {
            last(on)
        }
        ObjectId::Policy { name, .. } => name.as_str(),
        ObjectId::DefaultPrivileges(scope) => scope.kind.word(),
        ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => name.name.as_str(),
        ObjectId::Rule { name, .. }
        | ObjectId::Trigger { name, .. }
        | ObjectId::EventTrigger(name) => name.as_str(),
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

/// What an alteration changes, in words.
fn differences(from: &Object, to: &Object) -> Vec<String> {
    match (from, to) {
        (Object::Column(from), Object::Column(to)) => column(from, to),
        (Object::Enum(from), Object::Enum(to)) => values(from, to),
        (Object::Constraint(from), Object::Constraint(to)) => {
            let mut told = Vec::new();
            if from.validated != to.validated {
                told.push("validate".to_owned());
            }
            if from.kind.settings() != to.kind.settings() {
                told.push("index settings".to_owned());
            }
            if from.deferrable != to.deferrable {
                told.push(match to.deferrable {
                    Deferrable::NotDeferrable => "not deferrable".to_owned(),
                    Deferrable::Immediate => "deferrable".to_owned(),
                    Deferrable::Deferred => "deferrable initially deferred".to_owned(),
                });
            }
            told
        }
        (Object::Table(from), Object::Table(to)) => table(from, to),
        (Object::Index(from), Object::Index(to)) => {
            let mut told = Vec::new();
            if from.storage != to.storage {
                told.push("storage parameters".to_owned());
            }
            told.extend(tablespace(from.tablespace.as_ref(), to.tablespace.as_ref()));
            if from.statistics != to.statistics {
                told.push("statistics targets".to_owned());
            }
            told
        }
        (Object::Extension(from), Object::Extension(to)) => {
            let mut told = Vec::new();
            if from.schema != to.schema {
                told.push(format!("schema {}", to.schema));
            }
            if from.version != to.version {
                told.push(format!("version {} to {}", from.version, to.version));
            }
            told
        }
        (Object::Domain(from), Object::Domain(to)) => {
            let mut told = Vec::new();
            if from.default != to.default {
                told.push(default_words(to.default.as_ref()));
            }
            if from.not_null != to.not_null {
                told.push(null_words(!to.not_null));
            }
            told
        }
        (Object::DomainConstraint(_), Object::DomainConstraint(_)) => vec!["validate".to_owned()],
        (Object::Composite(from), Object::Composite(to)) => attributes(from, to),
        (Object::Statistics(_), Object::Statistics(to)) => vec![match to.target {
            Some(target) => format!("target {target}"),
            None => "target of the columns".to_owned(),
        }],
        (Object::ReplicaIdentity(_), Object::ReplicaIdentity(to)) => vec![match to {
            ReplicaIdentity::Full => "full".to_owned(),
            ReplicaIdentity::Nothing => "nothing".to_owned(),
            ReplicaIdentity::Index(index) => format!("index {index}"),
        }],
        (Object::Server(from), Object::Server(to)) => {
            let mut told = Vec::new();
            if from.version != to.version {
                told.push("version".to_owned());
            }
            if from.options != to.options {
                told.push("options".to_owned());
            }
            told
        }
        (Object::UserMapping(_), Object::UserMapping(_)) => vec!["options".to_owned()],
        (Object::Cluster(_), Object::Cluster(to)) => vec![format!("index {}", to.index)],
        (Object::Sequence(from), Object::Sequence(to)) => {
            let Sequence {
                data_type,
                options,
                owned_by,
                persistence,
                logging: _,
            } = from;
            let mut told = Vec::new();
            if *data_type != to.data_type {
                told.push(format!("type {} to {}", data_type, to.data_type));
            }
            if *options != to.options {
                told.push("options".to_owned());
            }
            if *owned_by != to.owned_by {
                told.push(match &to.owned_by {
                    None => "owned by none".to_owned(),
                    Some(OwnerColumn { table, column }) => format!("owned by {table}.{column}"),
                });
            }
            if *persistence != to.persistence {
                told.push("logged or not".to_owned());
            }
            told
        }
        (Object::Policy(from), Object::Policy(to)) => {
            let changed = [
                ("roles", from.roles != to.roles),
                ("condition", from.using != to.using),
                ("check", from.check != to.check),
            ];
            let changed = changed.into_iter().filter(|(_, changed)| *changed);
            changed.map(|(word, _)| word.to_owned()).collect()
        }
        (Object::Owner(_), Object::Owner(to)) => vec![to.role.to_string()],
        (Object::Grant(_), Object::Grant(to)) => vec![privileges(&to.privileges)],
        (Object::Publication(from), Object::Publication(to)) => publication(from, to),
        (Object::Operator(from), Object::Operator(to)) => {
            let mut told = Vec::new();
            if from.restrict != to.restrict || from.join != to.join {
                told.push("estimates".to_owned());
            }
            if from.commutator != to.commutator {
                told.push("commutator".to_owned());
            }
            if from.negator != to.negator {
                told.push("negator".to_owned());
            }
            told
        }
        (Object::Language(_), Object::Language(_)) => vec!["functions".to_owned()],
        (Object::SearchDictionary(_), Object::SearchDictionary(_)) => vec!["options".to_owned()],
        (Object::SearchConfiguration(_), Object::SearchConfiguration(_)) => {
            vec!["mappings".to_owned()]
        }
        (Object::Subscription(from), Object::Subscription(to)) => {
            let mut told = Vec::new();
            if from.publications != to.publications {
                told.push("publications".to_owned());
            }
            if from.options != to.options {
                told.push("options".to_owned());
            }
            told
        }
        _ => Vec::new(),
    }
}

fn privileges(privileges: &Privileges) -> String {
    if privileges.is_empty() {
        return "nothing".to_owned();
    }
    let words: Vec<String> = privileges
        .iter()
        .map(|(privilege, option)| {
            let word = privilege.word().to_lowercase();
            match option {
                GrantOption::Without => word,
                GrantOption::With => format!("{word} with grant option"),
            }
        })
        .collect();
    words.join(" and ")
}

fn publication(from: &Publication, to: &Publication) -> Vec<String> {
    let Publication {
        all_tables: _,
        operations,
        via_root,
        generated_columns,
    } = from;
    let mut told = Vec::new();
    if *operations != to.operations {
        told.push("what is published".to_owned());
    }
    if *via_root != to.via_root {
        told.push("how partitions are published".to_owned());
    }
    if *generated_columns != to.generated_columns {
        told.push("generated columns".to_owned());
    }
    told
}

fn table(from: &Table, to: &Table) -> Vec<String> {
    let Table {
        persistence,
        access_method,
        tablespace: space,
        storage,
        row_security,
        partitioned: _,
        foreign,
    } = from;
    let mut told = Vec::new();
    if *persistence != to.persistence {
        told.push(match to.persistence {
            Persistence::Logged => "logged".to_owned(),
            Persistence::Unlogged => "unlogged".to_owned(),
        });
    }
    if *access_method != to.access_method {
        told.push(match &to.access_method {
            Some(method) => format!("access method {method}"),
            None => "access method heap".to_owned(),
        });
    }
    told.extend(tablespace(space.as_ref(), to.tablespace.as_ref()));
    if *storage != to.storage {
        told.push("storage parameters".to_owned());
    }
    if *row_security != to.row_security {
        let RowSecurity { enabled, forced } = to.row_security;
        told.push(match (enabled, forced) {
            (true, true) => "forced row security".to_owned(),
            (true, false) => "row security".to_owned(),
            (false, true) => "forced row security, which is off".to_owned(),
            (false, false) => "no row security".to_owned(),
        });
    }
    let options =
        |foreign: &Option<Foreign>| foreign.as_ref().map(|foreign| foreign.options.clone());
    if options(foreign) != options(&to.foreign) {
        told.push("options".to_owned());
    }
    told
}

fn tablespace(from: Option<&Ident>, to: Option<&Ident>) -> Option<String> {
    (from != to).then(|| match to {
        Some(name) => format!("tablespace {name}"),
        None => "tablespace of the database".to_owned(),
    })
}

fn attributes(from: &Composite, to: &Composite) -> Vec<String> {
    let mut told = Vec::new();
    for attribute in &to.attributes {
        match from.attribute(&attribute.name) {
            None => told.push(format!("add attribute {}", attribute.name)),
            Some(present) if present != attribute => {
                told.push(format!(
                    "type of {} {} to {}",
                    attribute.name, present.sql_type, attribute.sql_type
                ));
            }
            Some(_) => {}
        }
    }
    let gone = from
        .attributes
        .iter()
        .filter(|attribute| to.attribute(&attribute.name).is_none());
    told.extend(gone.map(|attribute| format!("drop attribute {}", attribute.name)));
    told
}

fn default_words(default: Option<&Expression>) -> String {
    match default {
        Some(default) => format!("default {default}"),
        None => "no default".to_owned(),
    }
}

fn null_words(nullable: bool) -> String {
    if nullable { "null" } else { "not null" }.to_owned()
}

fn column(from: &Column, to: &Column) -> Vec<String> {
    let Column {
        sql_type,
        collation,
        nullable,
        not_null,
        default,
        identity,
        generated,
        storage,
        compression,
        statistics,
        options,
        computed: _,
        foreign_options,
    } = from;
    let mut told = Vec::new();
    if *sql_type != to.sql_type {
        told.push(format!("type {} to {}", sql_type, to.sql_type));
    }
    if *collation != to.collation {
        told.push(match &to.collation {
            Some(collation) => format!("collation {collation}"),
            None => "collation of the type".to_owned(),
        });
    }
    if *nullable != to.nullable {
        told.push(null_words(to.nullable));
    } else if *not_null != to.not_null {
        told.push("not null constraint".to_owned());
    }
    if *default != to.default {
        told.push(default_words(to.default.as_ref()));
    }
    if *identity != to.identity {
        told.push(match (identity, &to.identity) {
            (_, None) => "no identity".to_owned(),
            (None, Some(_)) => "identity".to_owned(),
            (Some(_), Some(_)) => "identity options".to_owned(),
        });
    }
    if *generated != to.generated {
        told.push(match &to.generated {
            Some(generated) => format!("generated as {generated}"),
            None => "no longer generated".to_owned(),
        });
    }
    if *storage != to.storage {
        told.push("storage".to_owned());
    }
    if *compression != to.compression {
        told.push("compression".to_owned());
    }
    if *statistics != to.statistics {
        told.push("statistics target".to_owned());
    }
    if *options != to.options || *foreign_options != to.foreign_options {
        told.push("options".to_owned());
    }
    told
}

fn values(from: &Enum, to: &Enum) -> Vec<String> {
    let only = |one: &Enum, other: &Enum, word: &str| {
        let values = one
            .values
            .iter()
            .filter(|value| !other.values.contains(value));
        values
            .map(|value| format!("{word} value `{value}`"))
            .collect::<Vec<_>>()
    };
    let mut told = only(to, from, "add");
    told.extend(only(from, to, "remove"));
    if told.is_empty() {
        told.push("order of values".to_owned());
    }
    told
}
