//! The part of a check, an exclusion or an index that is text of SQL's, taken by itself.

use limbeck_core::Object;
use limbeck_core::schema::lower::{DeclaredConstraint, DeclaredIndex, DeclaredObject};
use limbeck_core::schema::object::{
    Check, Constraint, ConstraintKind, Exclude, ExcludeElement, Expression, Index, IndexElement,
    IndexKey,
};

/// What may be spelled in more than one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wording {
    kind: Kind,
    method: String,
    elements: Vec<IndexElement>,
    /// One an element for an exclusion, none for an index.
    operators: Vec<String>,
    /// A check's expression, or the predicate of the others.
    expression: Option<Expression>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Check,
    Exclude,
    Index,
}

/// Whether what was written is what Postgres printed. It prints an expression in parentheses where
/// people write none.
pub(super) fn same_text(printed: &Expression, written: &Expression) -> bool {
    let (printed, written) = (printed.0.as_str(), written.0.trim());
    let inner = printed
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    printed == written || inner == Some(written)
}

impl Wording {
    pub(super) fn of(object: &Object) -> Option<Self> {
        match object {
            Object::Constraint(constraint) => Self::of_constraint(constraint),
            Object::Index(index) => Some(Self::of_index(index)),
            Object::Namespace(_)
            | Object::Enum(_)
            | Object::Sequence(_)
            | Object::Table(_)
            | Object::Column(_)
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
            | Object::AccessMethod(_) => None,
        }
    }

    pub(super) fn of_declared(object: &DeclaredObject) -> Option<Self> {
        match object {
            DeclaredObject::Constraint(DeclaredConstraint {
                constraint,
                named: _,
            }) => Self::of_constraint(constraint),
            DeclaredObject::Index(DeclaredIndex {
                index,
                named: _,
                storage_said: _,
            }) => Some(Self::of_index(index)),
            DeclaredObject::Namespace(_)
            | DeclaredObject::Enum(_)
            | DeclaredObject::Table(_)
            | DeclaredObject::Column(_)
            | DeclaredObject::Comment(_) => None,
        }
    }

    fn of_constraint(constraint: &Constraint) -> Option<Self> {
        match &constraint.kind {
            ConstraintKind::Check(Check {
                expression,
                no_inherit: _,
            }) => Some(Self {
                kind: Kind::Check,
                method: String::new(),
                elements: Vec::new(),
                operators: Vec::new(),
                expression: Some(expression.clone()),
            }),
            ConstraintKind::Exclude(Exclude {
                method,
                elements,
                include: _,
                predicate,
                settings: _,
            }) => Some(Self {
                kind: Kind::Exclude,
                method: method.clone(),
                elements: elements.iter().map(|part| part.element.clone()).collect(),
                operators: elements.iter().map(|part| part.operator.clone()).collect(),
                expression: predicate.clone(),
            }),
            ConstraintKind::PrimaryKey(_)
            | ConstraintKind::Unique(_)
            | ConstraintKind::ForeignKey(_) => None,
        }
    }

    fn of_index(index: &Index) -> Self {
        let Index {
            table: _,
            method,
            unique: _,
            nulls_not_distinct: _,
            elements,
            include: _,
            predicate,
            storage: _,
            tablespace: _,
            statistics: _,
            valid: _,
        } = index;
        Self {
            kind: Kind::Index,
            method: method.clone(),
            elements: elements.clone(),
            operators: Vec::new(),
            expression: predicate.clone(),
        }
    }

    /// Puts this wording in place of the object's own.
    pub(super) fn put(self, object: &mut DeclaredObject) {
        let Self {
            kind: _,
            method: _,
            elements,
            operators,
            expression,
        } = self;
        match object {
            DeclaredObject::Constraint(DeclaredConstraint {
                constraint,
                named: _,
            }) => match &mut constraint.kind {
                ConstraintKind::Check(check) => {
                    if let Some(expression) = expression {
                        check.expression = expression;
                    }
                }
                ConstraintKind::Exclude(exclude) => {
                    exclude.elements = elements
                        .into_iter()
                        .zip(operators)
                        .map(|(element, operator)| ExcludeElement { element, operator })
                        .collect();
                    exclude.predicate = expression;
                }
                ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::ForeignKey(_) => {}
            },
            DeclaredObject::Index(stated) => {
                stated.index.elements = elements;
                stated.index.predicate = expression;
            }
            DeclaredObject::Namespace(_)
            | DeclaredObject::Enum(_)
            | DeclaredObject::Table(_)
            | DeclaredObject::Column(_)
            | DeclaredObject::Comment(_) => {}
        }
    }

    /// Whether it could be the same as another one in another spelling.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.method == other.method
            && self.elements.len() == other.elements.len()
            && self.expression.is_some() == other.expression.is_some()
    }

    /// Whether `written` is this printed wording as it stands.
    pub(super) fn is_written_as(&self, written: &Self) -> bool {
        self.may_be(written)
            && self.operators == written.operators
            && self
                .expression
                .iter()
                .zip(&written.expression)
                .all(|(printed, written)| same_text(printed, written))
            && self
                .elements
                .iter()
                .zip(&written.elements)
                .all(|(printed, written)| same_element(printed, written))
    }

    /// Whether there is anything in it that only Postgres can read.
    pub(super) fn has_text(&self) -> bool {
        self.expression.is_some()
            || !self.operators.is_empty()
            || self.elements.iter().any(|element| {
                let IndexElement {
                    key,
                    collation,
                    operator_class,
                    order: _,
                    nulls: _,
                } = element;
                matches!(key, IndexKey::Expression(_))
                    || collation.is_some()
                    || operator_class.is_some()
            })
    }

    /// Its text, for messages.
    pub(super) fn text(&self) -> String {
        let mut parts: Vec<String> = self
            .elements
            .iter()
            .map(|element| {
                let mut text = match &element.key {
                    IndexKey::Column(column) => column.to_string(),
                    IndexKey::Expression(expression) => expression.to_string(),
                };
                if let Some(collation) = &element.collation {
                    text.push_str(&format!(" collate {}", collation.name));
                }
                if let Some(class) = &element.operator_class {
                    text.push_str(&format!(" {}", class.name.name));
                }
                text
            })
            .collect();
        for (part, operator) in parts.iter_mut().zip(&self.operators) {
            part.push_str(&format!(" with {operator}"));
        }
        let elements = parts.join(", ");
        match (&self.expression, self.kind) {
            (Some(expression), Kind::Check) => expression.to_string(),
            (Some(predicate), Kind::Exclude | Kind::Index) => {
                format!("{elements} where {predicate}")
            }
            (None, _) => elements,
        }
    }

    /// The word for what it is of.
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Check => "check",
            Kind::Exclude => "exclusion",
            Kind::Index => "index",
        }
    }
}

fn same_element(printed: &IndexElement, written: &IndexElement) -> bool {
    let IndexElement {
        key,
        collation,
        operator_class,
        order,
        nulls,
    } = printed;
    let same_key = match (key, &written.key) {
        (IndexKey::Expression(printed), IndexKey::Expression(written)) => {
            same_text(printed, written)
        }
        (printed, written) => printed == written,
    };
    same_key
        && *collation == written.collation
        && *operator_class == written.operator_class
        && *order == written.order
        && *nulls == written.nulls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_text_may_have_parentheses_around_it() {
        let same = |printed: &str, written: &str| {
            same_text(
                &Expression(printed.to_owned()),
                &Expression(written.to_owned()),
            )
        };
        assert!(same("(price > 0)", "price > 0"));
        assert!(same("(price > 0)", " (price > 0)\n"));
        assert!(same("now()", "now()"));
        assert!(!same("(price > 0)", "price > 00"));
        assert!(!same("now()", "now("));
    }
}
