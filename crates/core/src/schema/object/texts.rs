//! The expressions inside objects.

use crate::schema::object::{
    Check, Constraint, ConstraintKind, Domain, DomainConstraint, Exclude, Expression, Index,
    IndexElement, IndexKey, MaterializedView, Object, Partition, Policy, PublicationTable, Routine,
    RoutineBody, Rule, Statistics, Trigger, View,
};

impl Object {
    /// All that Postgres reads in an object when it is made: expressions as it prints them, a query, a
    /// body in SQL.
    pub fn expressions(&self) -> Vec<&str> {
        fn element(element: &IndexElement) -> Option<&Expression> {
            match &element.key {
                IndexKey::Column(_) => None,
                IndexKey::Expression(expression) => Some(expression),
            }
        }
        let expressions: Vec<&Expression> = match self {
            Self::Column(column) => [&column.default, &column.generated]
                .into_iter()
                .flatten()
                .collect(),
            Self::Constraint(Constraint { kind, .. }) => match kind {
                ConstraintKind::Check(Check {
                    expression,
                    no_inherit: _,
                }) => vec![expression],
                ConstraintKind::Exclude(Exclude {
                    elements,
                    predicate,
                    ..
                }) => elements
                    .iter()
                    .filter_map(|part| element(&part.element))
                    .chain(predicate)
                    .collect(),
                ConstraintKind::PrimaryKey(_)
                | ConstraintKind::Unique(_)
                | ConstraintKind::ForeignKey(_) => Vec::new(),
            },
            Self::Index(Index {
                elements,
                predicate,
                ..
            }) => elements
                .iter()
                .filter_map(element)
                .chain(predicate)
                .collect(),
            Self::View(View {
                query, defaults, ..
            }) => [query].into_iter().chain(defaults.values()).collect(),
            Self::MaterializedView(MaterializedView { query, .. }) => vec![query],
            Self::Rule(Rule {
                condition, action, ..
            }) => condition.iter().chain([action]).collect(),
            Self::Routine(Routine {
                parameters,
                language,
                body,
                ..
            }) => {
                let defaults = parameters
                    .iter()
                    .filter_map(|parameter| parameter.default.as_ref())
                    .map(|Expression(text)| text.as_str());
                return match body {
                    RoutineBody::Sql(Expression(text)) => defaults.chain([text.as_str()]).collect(),
                    RoutineBody::Source(text) if language == "sql" => {
                        defaults.chain([text.as_str()]).collect()
                    }
                    RoutineBody::Source(_) | RoutineBody::Library { .. } => defaults.collect(),
                };
            }
            Self::Trigger(Trigger { condition, .. }) => condition.iter().collect(),
            Self::Domain(Domain { default, .. }) => default.iter().collect(),
            Self::DomainConstraint(DomainConstraint { expression, .. }) => vec![expression],
            Self::Statistics(Statistics { expressions, .. }) => expressions.iter().collect(),
            Self::PublicationTable(PublicationTable { filter, columns: _ }) => {
                filter.iter().collect()
            }
            Self::Policy(Policy { using, check, .. }) => using.iter().chain(check).collect(),
            Self::Owner(_) | Self::Grant(_) => Vec::new(),
            Self::Partition(Partition { parent: _, bounds }) => vec![bounds],
            Self::Inheritance(_)
            | Self::Attached(_)
            | Self::Wrapper(_)
            | Self::Server(_)
            | Self::UserMapping(_)
            | Self::Namespace(_)
            | Self::Enum(_)
            | Self::Sequence(_)
            | Self::Table(_)
            | Self::Comment(_)
            | Self::Extension(_)
            | Self::Composite(_)
            | Self::Range(_)
            | Self::Collation(_)
            | Self::ReplicaIdentity(_)
            | Self::Cluster(_)
            | Self::Typed(_)
            | Self::Aggregate(_)
            | Self::EventTrigger(_)
            | Self::Publication(_)
            | Self::PublicationSchema(_)
            | Self::Subscription(_)
            | Self::SearchParser(_)
            | Self::SearchTemplate(_)
            | Self::SearchDictionary(_)
            | Self::SearchConfiguration(_)
            | Self::Operator(_)
            | Self::OperatorFamily(_)
            | Self::OperatorClass(_)
            | Self::FamilyMember(_)
            | Self::Cast(_)
            | Self::Conversion(_)
            | Self::Language(_)
            | Self::AccessMethod(_) => Vec::new(),
        };
        expressions
            .into_iter()
            .map(|expression| expression.0.as_str())
            .collect()
    }

    /// Whether a value stands in an expression of it: as a literal, or as a word of one (an array's, a
    /// row's).
    pub fn names_value(&self, value: &str) -> bool {
        self.expressions()
            .iter()
            .flat_map(|text| literals(text))
            .any(|literal| has_word(&literal, value))
    }
}

/// What stands between single quotes.
fn literals(text: &str) -> Vec<String> {
    let mut literals: Vec<String> = Vec::new();
    // A quote is doubled inside: nothing stands between two literals then.
    let mut touching = false;
    for (at, part) in text.split('\'').enumerate() {
        match (at % 2 == 1, literals.last_mut()) {
            (true, Some(last)) if touching => {
                last.push('\'');
                last.push_str(part);
            }
            (true, _) => literals.push(part.to_owned()),
            (false, _) => touching = at > 0 && part.is_empty(),
        }
    }
    literals
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text == word
        || !word.is_empty()
            && text.match_indices(word).any(|(at, _)| {
                !is_part(text[..at].chars().next_back())
                    && !is_part(text[at + word.len()..].chars().next())
            })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::object::Table;

    #[track_caller]
    fn check(text: &str, value: &str, expected: bool) {
        let constraint = Object::DomainConstraint(DomainConstraint {
            expression: Expression(text.to_owned()),
            validated: true,
        });
        assert_eq!(constraint.names_value(value), expected);
        assert!(!Object::Table(Table::default()).names_value(value));
    }

    #[test]
    fn a_value_is_named_by_a_literal_alone() {
        check("(a = 'sad'::mood)", "sad", true);
        check("(sad = 'glad'::mood)", "sad", false);
        check("(a = 'sadly'::mood)", "sad", false);
        check("(a = ANY ('{glad,sad}'::mood[]))", "sad", true);
        check("(a = 'it''s'::mood)", "it's", true);
        check("(a = 'it'::text) AND (s = 's'::text)", "it's", false);
        check("(a = ''::mood)", "", true);
        check("(a = 'x'::mood)", "", false);
    }
}
