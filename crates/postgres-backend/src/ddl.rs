//! Operations as SQL statements.
//!
//! The order of the operations is the order of the statements, but for what folding brings
//! together: a table's columns and constraints stand in its `CREATE TABLE`, a dropped table takes
//! its parts with it, and neighbouring changes of one table share an `ALTER TABLE`.
//!
//! An operation whose identity and object are of different kinds, or a comment on a comment, is
//! nothing that Postgres knows, and yields no statement. No connection is used here, and nothing
//! is decided that the operations leave open.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName, Schema};

use crate::quote::Naming;
use crate::statement::Statement;

mod aggregate;
mod cast;
mod collation;
mod column;
mod comment;
mod composite;
mod constraint;
mod conversion;
mod domain;
mod r#enum;
mod event_trigger;
mod extension;
mod fold;
mod foreign;
mod grant;
mod heirs;
mod heritage;
mod index;
#[cfg(feature = "postgres")]
mod keep;
mod link;
mod materialized_view;
mod namespace;
mod not_null;
mod operator;
mod owner;
mod policy;
mod publication;
mod range;
mod rekey;
mod routine;
mod rule;
mod search;
mod sequence;
mod shipped;
mod state;
mod statistics;
mod subscription;
mod table;
mod trigger;
mod untangle;
mod view;

pub(crate) use cast::{Cast, TypeName, base_of, cast, element, is_by_clock, is_text};
#[cfg(feature = "postgres")]
pub(crate) use keep::{Again, keep};

/// What rendering needs to know beside the operations.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The schema before the first operation.
    pub from: &'a Schema,
    /// The schema after the last one.
    pub to: &'a Schema,
    /// How names are written.
    pub naming: &'a Naming,
}

/// The statements that carry out operations, in order.
pub fn render(operations: &[Operation], context: &Context<'_>) -> Vec<Statement> {
    render_for(operations, context, Audience::Own)
}

/// Whose databases statements are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Those of the application.
    Own,
    /// Those of others, whose tables nobody here has seen.
    Others,
}

/// The same for the databases of an audience.
pub(crate) fn render_for(
    operations: &[Operation],
    context: &Context<'_>,
    audience: Audience,
) -> Vec<Statement> {
    let shipped = audience == Audience::Others;
    let operations = rekey::rekey(operations, context);
    let operations = untangle::untangle(&operations);
    let items = fold::arrange(&operations, context);
    let exchanged = match shipped {
        true => shipped::exchanged(&operations),
        false => Vec::new(),
    };
    let mut now = state::State::new(context.from);
    let mut pieces = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let scene = Scene {
            context,
            now: &now,
            later: &items[index + 1..],
            shipped,
            exchanged: &exchanged,
        };
        let head = heirs::settle(item.head(), &now, context.to);
        if let Some(head) = &head {
            pieces.extend(item_pieces(item, head, &scene));
            for id in item.operations().flat_map(grant::made) {
                pieces.extend(grant::settle(&id, &scene));
            }
        }
        let rest = item.operations().skip(1);
        for operation in head.as_deref().into_iter().chain(rest) {
            now.apply(operation, context.to);
        }
    }
    fold::join(pieces, context.naming)
}

/// `head` is what there is left to do of the item's own operation.
fn item_pieces(item: &fold::Item<'_>, head: &Operation, scene: &Scene<'_>) -> Vec<Piece> {
    match item {
        fold::Item::CreateTable {
            create:
                Operation::Create {
                    id,
                    object: Object::Domain(domain),
                },
            parts,
        } => domain::create_with(id, domain, parts, scene.naming()),
        fold::Item::CreateTable { create, parts } => table::create(create, parts, scene),
        fold::Item::Drop { drop: _, swallowed } => {
            let mut pieces = operation(head, scene);
            if let Some(piece) = pieces.last_mut() {
                piece
                    .objects_mut()
                    .extend(swallowed.iter().map(|gone| gone.id().clone()));
            }
            pieces
        }
        fold::Item::Other(_) => operation(head, scene),
    }
}

/// What is known while one operation is rendered.
struct Scene<'a> {
    context: &'a Context<'a>,
    /// The schema as it is just before.
    now: &'a state::State,
    /// What is still to come.
    later: &'a [fold::Item<'a>],
    /// Whether this runs in databases of others.
    shipped: bool,
    /// The types that step aside for others, where this runs in databases of others.
    exchanged: &'a [shipped::Exchanged],
}

impl Scene<'_> {
    fn naming(&self) -> &Naming {
        self.context.naming
    }

    fn is_foreign(&self, table: &QualifiedName) -> bool {
        let table = self.now.get(&ObjectId::Table(table.clone()));
        matches!(table, Some(Object::Table(table)) if table.foreign.is_some())
    }

    /// The operations still to come.
    fn later(&self) -> impl Iterator<Item = &Operation> {
        self.later.iter().flat_map(fold::Item::operations)
    }
}

/// A piece of the script before neighbours are joined.
#[derive(Clone, Debug)]
enum Piece {
    /// A statement of its own.
    Statement(Statement),
    /// One action of an `ALTER TABLE`, which may be joined by others.
    Action {
        /// The table.
        table: QualifiedName,
        /// Whether it is for this table alone, and not for its heirs.
        only: bool,
        /// What stands behind the table's name.
        action: String,
        /// Why, as in [`Statement::reason`].
        reason: String,
        /// The objects concerned.
        objects: Vec<ObjectId>,
    },
    /// A `GRANT` or `REVOKE`, which others of the same to or from others may join.
    Grant {
        /// What stands before the grantees.
        head: String,
        /// Whom it is about.
        grantees: Vec<String>,
        /// What stands behind them.
        tail: String,
        /// Why, as in [`Statement::reason`].
        reason: String,
        /// The objects concerned.
        objects: Vec<ObjectId>,
    },
}

impl Piece {
    fn statement(object: &ObjectId, sql: String, reason: String) -> Self {
        Self::Statement(Statement::about(object, sql, reason))
    }

    fn action(object: &ObjectId, table: &QualifiedName, action: String, reason: String) -> Self {
        Self::Action {
            table: table.clone(),
            only: false,
            action,
            reason,
            objects: vec![object.clone()],
        }
    }

    /// The same for a table alone, and not for its heirs, if `only`.
    fn alone(self, alone: bool) -> Self {
        match self {
            Self::Action {
                table,
                only,
                action,
                reason,
                objects,
            } => Self::Action {
                table,
                only: only || alone,
                action,
                reason,
                objects,
            },
            other @ (Self::Statement(_) | Self::Grant { .. }) => other,
        }
    }

    fn objects_mut(&mut self) -> &mut Vec<ObjectId> {
        match self {
            Self::Statement(statement) => &mut statement.objects,
            Self::Action { objects, .. } | Self::Grant { objects, .. } => objects,
        }
    }
}

/// The pieces of one operation.
fn operation(operation: &Operation, scene: &Scene<'_>) -> Vec<Piece> {
    match operation {
        Operation::Create { id, object } => create(id, object, scene),
        Operation::Drop { id, object } => {
            let mut pieces = shipped::before_drop(id, scene);
            pieces.extend(drop(id, object, scene));
            pieces
        }
        Operation::Alter { id, from, to } => alter(id, from, to, scene),
        Operation::Rename { from, to } => rename(from, to, scene),
    }
}

fn create(id: &ObjectId, object: &Object, scene: &Scene<'_>) -> Vec<Piece> {
    let naming = scene.naming();
    match object {
        Object::Namespace(namespace) => namespace::create(id, *namespace),
        Object::Enum(ty) => r#enum::create(id, ty, naming),
        Object::Sequence(sequence) => sequence::create(id, sequence, scene),
        Object::Table(_) => table::create_alone(id, object, scene),
        Object::Column(column) => column::create(id, column, scene),
        Object::Constraint(constraint) => constraint::create(id, constraint, scene),
        Object::Index(index) => index::create(id, index, scene),
        Object::Comment(comment) => comment::set(id, Some(comment), scene),
        Object::View(view) => view::create(id, view, naming),
        Object::MaterializedView(view) => materialized_view::create(id, view, scene),
        Object::Rule(rule) => rule::create(id, rule, naming),
        Object::Routine(routine) => routine::create(id, routine, scene),
        Object::Aggregate(aggregate) => aggregate::create(id, aggregate, naming),
        Object::Trigger(trigger) => trigger::create(id, trigger, naming),
        Object::EventTrigger(trigger) => event_trigger::create(id, trigger, naming),
        Object::Extension(extension) => extension::create(id, extension, naming),
        Object::Domain(domain) => domain::create(id, domain, naming),
        Object::DomainConstraint(constraint) => domain::create_constraint(id, constraint, naming),
        Object::Composite(composite) => composite::create(id, composite, naming),
        Object::Range(range) => range::create(id, range, naming),
        Object::Collation(collation) => collation::create(id, collation, naming),
        Object::ReplicaIdentity(identity) => link::identify(id, Some(identity), naming),
        Object::Cluster(cluster) => link::cluster(id, Some(cluster), naming),
        Object::Typed(typed) => link::of_type(id, Some(typed), naming),
        Object::Statistics(statistics) => statistics::create(id, statistics, naming),
        Object::Policy(policy) => policy::create(id, policy, naming),
        Object::Owner(owner) => owner::set(id, Some(owner), naming),
        Object::Grant(grant) => grant::create(id, grant, scene),
        Object::Partition(partition) => heritage::attach(id, partition, naming),
        Object::Inheritance(_) => heritage::inherit(id, naming),
        Object::Attached(attached) => heritage::attach_index(id, attached, naming),
        Object::Wrapper(wrapper) => foreign::create_wrapper(id, wrapper, naming),
        Object::Server(server) => foreign::create_server(id, server),
        Object::UserMapping(mapping) => foreign::create_mapping(id, mapping),
        Object::Publication(publication) => publication::create(id, publication),
        Object::PublicationTable(entry) => publication::add_table(id, entry, naming),
        Object::PublicationSchema(_) => publication::add_schema(id),
        Object::Subscription(_) => Vec::new(),
        Object::SearchParser(parser) => search::create_parser(id, parser, naming),
        Object::SearchTemplate(template) => search::create_template(id, template, naming),
        Object::SearchDictionary(dictionary) => search::create_dictionary(id, dictionary, naming),
        Object::SearchConfiguration(configuration) => {
            search::create_configuration(id, configuration, naming)
        }
        Object::Operator(operator) => operator::create(id, operator, naming),
        Object::OperatorFamily(_) => operator::create_family(id, naming),
        Object::OperatorClass(class) => operator::create_class(id, class, naming),
        Object::FamilyMember(member) => operator::add(id, member, naming),
        Object::Cast(cast) => conversion::create_cast(id, cast, naming),
        Object::Conversion(conversion) => conversion::create(id, conversion, naming),
        Object::Language(language) => conversion::create_language(id, language, naming),
        Object::AccessMethod(method) => conversion::create_method(id, method, naming),
    }
}

fn drop(id: &ObjectId, object: &Object, scene: &Scene<'_>) -> Vec<Piece> {
    let naming = scene.naming();
    match object {
        Object::Namespace(_) => namespace::drop(id),
        Object::Enum(_) => r#enum::drop(id, naming),
        Object::Sequence(_) => sequence::drop(id, naming),
        Object::Table(table) => table::drop(id, table, naming),
        Object::Column(_) => column::drop(id, scene),
        Object::Constraint(_) => constraint::drop(id, scene),
        Object::Index(_) => index::drop(id, naming),
        Object::Comment(_) => comment::set(id, None, scene),
        Object::View(_) => view::drop(id, naming),
        Object::MaterializedView(_) => materialized_view::drop(id, naming),
        Object::Rule(_) => rule::drop(id, naming),
        Object::Routine(_) | Object::Aggregate(_) => routine::drop(id, naming),
        Object::Trigger(_) => trigger::drop(id, naming),
        Object::EventTrigger(_) => event_trigger::drop(id),
        Object::Extension(_) => extension::drop(id),
        Object::Domain(_) => domain::drop(id, naming),
        Object::DomainConstraint(_) => domain::drop_constraint(id, naming),
        Object::Composite(_) => composite::drop(id, naming),
        Object::Range(_) => range::drop(id, naming),
        Object::Collation(_) => collation::drop(id, naming),
        Object::ReplicaIdentity(_) => link::identify(id, None, naming),
        Object::Cluster(_) => link::cluster(id, None, naming),
        Object::Typed(_) => link::of_type(id, None, naming),
        Object::Statistics(_) => statistics::drop(id, naming),
        Object::Policy(_) => policy::drop(id, naming),
        Object::Owner(_) => owner::set(id, None, naming),
        Object::Grant(grant) => grant::drop(id, grant, scene),
        Object::Partition(partition) => heritage::detach(id, partition, naming),
        Object::Inheritance(_) => heritage::disinherit(id, naming),
        // It goes with one of the two, or with the partition.
        Object::Attached(_) => Vec::new(),
        Object::Wrapper(_) => foreign::drop_wrapper(id),
        Object::Server(_) => foreign::drop_server(id),
        Object::UserMapping(_) => foreign::drop_mapping(id),
        Object::Publication(_) => publication::drop(id),
        Object::PublicationTable(_) => publication::drop_table(id, naming),
        Object::PublicationSchema(_) => publication::drop_schema(id),
        Object::Subscription(_) => Vec::new(),
        Object::SearchParser(_)
        | Object::SearchTemplate(_)
        | Object::SearchDictionary(_)
        | Object::SearchConfiguration(_) => search::drop(id, naming),
        Object::Operator(operator) => operator::drop_with_announced(id, operator, scene),
        Object::OperatorFamily(_) => operator::drop_family(id, naming),
        Object::OperatorClass(_) => operator::drop_class(id, naming),
        Object::FamilyMember(_) => operator::remove(id, naming),
        Object::Cast(_) => conversion::drop_cast(id, naming),
        Object::Conversion(_) => conversion::drop(id, naming),
        Object::Language(_) => conversion::drop_language(id),
        Object::AccessMethod(_) => conversion::drop_method(id),
    }
}

fn alter(id: &ObjectId, from: &Object, to: &Object, scene: &Scene<'_>) -> Vec<Piece> {
    let naming = scene.naming();
    match (from, to) {
        (Object::Table(from), Object::Table(to)) => table::alter(id, from, to, naming),
        (Object::Enum(from), Object::Enum(to)) => r#enum::alter(id, from, to, scene),
        (Object::Sequence(from), Object::Sequence(to)) => sequence::alter(id, from, to, scene),
        (Object::Column(from), Object::Column(to)) => column::alter(id, from, to, scene),
        (Object::Constraint(from), Object::Constraint(to)) => {
            constraint::alter(id, from, to, scene)
        }
        (Object::Index(from), Object::Index(to)) => index::alter(id, from, to, scene),
        (Object::Wrapper(from), Object::Wrapper(to)) => {
            foreign::alter_wrapper(id, from, to, naming)
        }
        (Object::Server(from), Object::Server(to)) => foreign::alter_server(id, from, to),
        (Object::UserMapping(from), Object::UserMapping(to)) => {
            foreign::alter_mapping(id, from, to)
        }
        (Object::Partition(from), Object::Partition(to)) => {
            let mut pieces = heritage::detach(id, from, naming);
            pieces.extend(heritage::attach(id, to, naming));
            pieces
        }
        (Object::Comment(_), Object::Comment(to)) => comment::set(id, Some(to), scene),
        (Object::View(from), Object::View(to)) => view::alter(id, from, to, naming),
        (Object::MaterializedView(from), Object::MaterializedView(to)) => {
            materialized_view::alter(id, from, to, naming)
        }
        (Object::Rule(from), Object::Rule(to)) => rule::alter(id, from, to, naming),
        (Object::Routine(_), Object::Routine(to)) => routine::alter(id, to, scene),
        (Object::Aggregate(_), Object::Aggregate(to)) => aggregate::alter(id, to, naming),
        (Object::Trigger(from), Object::Trigger(to)) => trigger::alter(id, from, to, naming),
        (Object::EventTrigger(from), Object::EventTrigger(to)) => {
            event_trigger::alter(id, from, to, naming)
        }
        (Object::Extension(from), Object::Extension(to)) => extension::alter(id, from, to),
        (Object::Domain(from), Object::Domain(to)) => domain::alter(id, from, to, naming),
        (Object::DomainConstraint(from), Object::DomainConstraint(to)) => {
            domain::alter_constraint(id, from, to, naming)
        }
        (Object::Composite(from), Object::Composite(to)) => composite::alter(id, from, to, naming),
        (Object::Range(from), Object::Range(to)) => range::alter(id, from, to, naming),
        (Object::Collation(from), Object::Collation(to)) => collation::alter(id, from, to, naming),
        (Object::ReplicaIdentity(_), Object::ReplicaIdentity(to)) => {
            link::identify(id, Some(to), naming)
        }
        (Object::Cluster(_), Object::Cluster(to)) => link::cluster(id, Some(to), naming),
        (Object::Typed(_), Object::Typed(to)) => link::of_type(id, Some(to), naming),
        (Object::Statistics(from), Object::Statistics(to)) => {
            statistics::alter(id, from, to, naming)
        }
        (Object::Policy(from), Object::Policy(to)) => policy::alter(id, from, to, naming),
        (Object::Owner(_), Object::Owner(to)) => owner::set(id, Some(to), naming),
        (Object::Grant(from), Object::Grant(to)) => grant::alter(id, from, to, scene),
        (Object::Publication(from), Object::Publication(to)) => publication::alter(id, from, to),
        (Object::PublicationTable(from), Object::PublicationTable(to)) => {
            publication::alter_table(id, from, to, naming)
        }
        (Object::Subscription(from), Object::Subscription(to)) => subscription::alter(id, from, to),
        (Object::SearchDictionary(from), Object::SearchDictionary(to)) => {
            search::alter_dictionary(id, from, to, naming)
        }
        (Object::SearchConfiguration(from), Object::SearchConfiguration(to)) => {
            search::alter_configuration(id, from, to, naming)
        }
        (Object::Operator(from), Object::Operator(to)) => operator::alter(id, from, to, naming),
        (Object::Language(_), Object::Language(to)) => conversion::alter_language(id, to, naming),
        // A schema has nothing that could change; and a kind does not become another.
        (
            Object::Namespace(_)
            | Object::Enum(_)
            | Object::Sequence(_)
            | Object::Table(_)
            | Object::Column(_)
            | Object::Constraint(_)
            | Object::Index(_)
            | Object::Comment(_)
            | Object::View(_)
            | Object::MaterializedView(_)
            | Object::Rule(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::Trigger(_)
            | Object::EventTrigger(_)
            | Object::Extension(_)
            | Object::Domain(_)
            | Object::DomainConstraint(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Collation(_)
            | Object::ReplicaIdentity(_)
            | Object::Cluster(_)
            | Object::Typed(_)
            | Object::Statistics(_)
            | Object::Policy(_)
            | Object::Owner(_)
            | Object::Grant(_)
            | Object::Partition(_)
            | Object::Inheritance(_)
            | Object::Attached(_)
            | Object::Wrapper(_)
            | Object::Server(_)
            | Object::UserMapping(_)
            | Object::Publication(_)
            | Object::PublicationTable(_)
            | Object::PublicationSchema(_)
            | Object::Subscription(_)
            | Object::SearchParser(_)
            | Object::SearchTemplate(_)
            | Object::SearchDictionary(_)
            | Object::SearchConfiguration(_)
            | Object::Operator(_)
            | Object::OperatorFamily(_)
            | Object::OperatorClass(_)
            | Object::FamilyMember(_)
            | Object::Cast(_)
            | Object::Conversion(_)
            | Object::Language(_)
            | Object::AccessMethod(_),
            _,
        ) => Vec::new(),
    }
}

fn rename(from: &ObjectId, to: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    match (from, to) {
        (ObjectId::Namespace(from), ObjectId::Namespace(to)) => namespace::rename(from, to),
        (ObjectId::Enum(from), ObjectId::Enum(to)) => r#enum::rename(from, to, scene),
        (
            ObjectId::EnumValue { ty, value },
            ObjectId::EnumValue {
                ty: to_type,
                value: to_value,
            },
        ) => r#enum::rename_value(ty, value, to_type, to_value, scene),
        (ObjectId::Sequence(from), ObjectId::Sequence(to)) => sequence::rename(from, to, scene),
        (ObjectId::Table(from), ObjectId::Table(to)) => table::rename(from, to, scene),
        (
            ObjectId::Column { table, name },
            ObjectId::Column {
                table: to_table,
                name: to_name,
            },
        ) => column::rename((table, name), (to_table, to_name), scene),
        (
            ObjectId::Constraint { table, name },
            ObjectId::Constraint {
                table: to_table,
                name: to_name,
            },
        ) => constraint::rename((table, name), (to_table, to_name), scene),
        (ObjectId::Index(from), ObjectId::Index(to)) => index::rename(from, to, scene),
        (ObjectId::Domain(from), ObjectId::Domain(to)) => domain::rename(from, to, scene),
        (
            ObjectId::DomainConstraint { domain, name },
            ObjectId::DomainConstraint {
                domain: to_domain,
                name: to_name,
            },
        ) => domain::rename_constraint((domain, name), (to_domain, to_name), scene),
        (ObjectId::Composite(from), ObjectId::Composite(to)) => composite::rename(from, to, scene),
        (
            ObjectId::Attribute { ty, name },
            ObjectId::Attribute {
                ty: to_type,
                name: to_name,
            },
        ) => composite::rename_attribute((ty, name), (to_type, to_name), scene),
        (ObjectId::Range(from), ObjectId::Range(to)) => {
            range::rename(ObjectId::Range, from, to, scene)
        }
        (ObjectId::Multirange(from), ObjectId::Multirange(to)) => {
            range::rename(ObjectId::Multirange, from, to, scene)
        }
        (ObjectId::Collation(from), ObjectId::Collation(to)) => collation::rename(from, to, scene),
        (ObjectId::Statistics(from), ObjectId::Statistics(to)) => {
            statistics::rename(from, to, scene)
        }
        (ObjectId::Publication(from), ObjectId::Publication(to)) => publication::rename(from, to),
        (ObjectId::SearchParser(_), ObjectId::SearchParser(_))
        | (ObjectId::SearchTemplate(_), ObjectId::SearchTemplate(_))
        | (ObjectId::SearchDictionary(_), ObjectId::SearchDictionary(_))
        | (ObjectId::SearchConfiguration(_), ObjectId::SearchConfiguration(_)) => {
            search::rename(from, to, scene)
        }
        (ObjectId::OperatorFamily { .. }, ObjectId::OperatorFamily { .. })
        | (ObjectId::OperatorClass { .. }, ObjectId::OperatorClass { .. }) => {
            operator::rename(from, to, scene)
        }
        (ObjectId::Conversion(from), ObjectId::Conversion(to)) => {
            table::rename_relation("CONVERSION", ObjectId::Conversion, from, to, scene)
        }
        (ObjectId::Language(from), ObjectId::Language(to)) => conversion::rename_language(from, to),
        (
            ObjectId::Policy { table, name },
            ObjectId::Policy {
                table: to_table,
                name: to_name,
            },
        ) => policy::rename((table, name), (to_table, to_name), scene),
        (ObjectId::Function { name, .. }, ObjectId::Function { name: new, .. })
        | (ObjectId::Procedure { name, .. }, ObjectId::Procedure { name: new, .. })
        | (ObjectId::Aggregate { name, .. }, ObjectId::Aggregate { name: new, .. }) => {
            routine::rename(from, to, name, new, scene)
        }
        // A comment moves with what it is on; no hint speaks of views; and a kind does not
        // become another.
        (
            ObjectId::Comment(_)
            | ObjectId::Namespace(_)
            | ObjectId::Enum(_)
            | ObjectId::EnumValue { .. }
            | ObjectId::Sequence(_)
            | ObjectId::Table(_)
            | ObjectId::Column { .. }
            | ObjectId::Constraint { .. }
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
            | ObjectId::DomainConstraint { .. }
            | ObjectId::Composite(_)
            | ObjectId::Attribute { .. }
            | ObjectId::Range(_)
            | ObjectId::Multirange(_)
            | ObjectId::Collation(_)
            | ObjectId::ReplicaIdentity(_)
            | ObjectId::Cluster(_)
            | ObjectId::Typed(_)
            | ObjectId::Statistics(_)
            | ObjectId::Policy { .. }
            | ObjectId::Owner(_)
            | ObjectId::Grant { .. }
            | ObjectId::DefaultPrivileges(_)
            | ObjectId::Partition(_)
            | ObjectId::Inheritance { .. }
            | ObjectId::Attached { .. }
            | ObjectId::Wrapper(_)
            | ObjectId::Server(_)
            | ObjectId::UserMapping { .. }
            | ObjectId::Publication(_)
            | ObjectId::PublicationTable { .. }
            | ObjectId::PublicationSchema { .. }
            | ObjectId::Subscription(_)
            | ObjectId::SearchParser(_)
            | ObjectId::SearchTemplate(_)
            | ObjectId::SearchDictionary(_)
            | ObjectId::SearchConfiguration(_)
            | ObjectId::Operator { .. }
            | ObjectId::OperatorFamily { .. }
            | ObjectId::OperatorClass { .. }
            | ObjectId::FamilyMember { .. }
            | ObjectId::Cast { .. }
            | ObjectId::Conversion(_)
            | ObjectId::Language(_)
            | ObjectId::AccessMethod(_),
            _,
        ) => Vec::new(),
    }
}

/// A statement of several clauses: on one line where that is short, else one clause a line.
fn lay_out(head: &str, clauses: &[String]) -> String {
    const WIDTH: usize = 90;
    let length = head.len() + clauses.iter().map(|clause| 1 + clause.len()).sum::<usize>();
    let separator = if length <= WIDTH { " " } else { "\n    " };
    let mut sql = head.to_owned();
    for clause in clauses {
        sql.push_str(separator);
        sql.push_str(clause);
    }
    sql
}

/// Names in a row: `"a", "b"`.
fn list(names: &[limbeck_core::Ident]) -> String {
    names
        .iter()
        .map(|name| crate::quote::ident(name).to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
