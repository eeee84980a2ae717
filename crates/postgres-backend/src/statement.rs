//! One SQL statement as data, and a script of them as text for review.

use std::borrow::Cow;

use limbeck_core::ObjectId;

use crate::hazard::Hazard;

mod secret;

/// One statement, and why it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text, without the semicolon that ends it.
    pub sql: String,
    /// One sentence for people, without a period: `create table posts`.
    pub reason: String,
    /// Whether it can run in a transaction.
    pub transaction: TransactionNeed,
    /// The objects that it makes, changes or drops.
    pub objects: Vec<ObjectId>,
}

/// Whether a statement can run in a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionNeed {
    /// It may stand in one, with others.
    #[default]
    Any,
    /// What it makes can be used only after the transaction has ended: a new value of an enum.
    UsableAfterCommit,
    /// It must stand outside of any: `CREATE INDEX CONCURRENTLY`.
    Outside,
}

impl Statement {
    /// The statement as it may be shown, where it holds passwords or the like: with those masked. It does
    /// not do the same then.
    pub fn masked(&self) -> Option<Self> {
        let sql = secret::masked(&self.sql)?;
        Some(Self {
            sql,
            ..self.clone()
        })
    }

    /// A statement about one object that can run in a transaction.
    pub(crate) fn about(object: &ObjectId, sql: String, reason: String) -> Self {
        Self {
            sql,
            reason,
            transaction: TransactionNeed::Any,
            objects: vec![object.clone()],
        }
    }
}

/// The text of an `up.sql` or `down.sql`: the header as comments, then the statements, each with
/// the hazards that concern it above, a blank line between them.
///
/// The text is the same for the same input, ends with a line feed, and is empty when there is
/// neither a header nor a statement.
pub fn script(statements: &[Statement], hazards: &[Hazard], header: &str) -> String {
    let places: Vec<Option<usize>> = hazards
        .iter()
        .map(|hazard| place(hazard, statements))
        .collect();
    let mut blocks = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let mut block = String::new();
        for (hazard, place) in hazards.iter().zip(&places) {
            if *place == Some(index) {
                comment(&mut block, &hazard_text(hazard));
            }
        }
        block.push_str(&statement.sql);
        block.push_str(";\n");
        blocks.push(block);
    }
    let mut head = String::new();
    comment(&mut head, header);
    // A hazard of the whole, or of something that took no statement of its own.
    for (hazard, place) in hazards.iter().zip(&places) {
        if place.is_none() {
            comment(&mut head, &hazard_text(hazard));
        }
    }
    if !head.is_empty() {
        blocks.insert(0, head);
    }
    blocks.join("\n")
}

/// The statement that a hazard is told above: the one that does it, or else the first about its object.
fn place(hazard: &Hazard, statements: &[Statement]) -> Option<usize> {
    let bearer = bearer(hazard);
    let is_about = |statement: &Statement| statement.objects.contains(bearer.as_ref());
    let done = statements
        .iter()
        .position(|statement| is_about(statement) && hazard.is_done_by(&statement.sql));
    done.or_else(|| {
        // A type that cannot be altered is made anew, and then the columns go over.
        let made = statements.iter().position(|statement| {
            is_about(statement) && statement.sql.starts_with("CREATE TYPE ")
        })?;
        let after = &statements[made..];
        let converted = after
            .iter()
            .position(|statement| hazard.is_done_by_converting(&statement.sql));
        Some(made + converted.unwrap_or_default())
    })
    .or_else(|| statements.iter().position(is_about))
}

/// The object whose statement a hazard belongs to: a value of an enum goes with its type, and so does
/// an attribute.
fn bearer(hazard: &Hazard) -> Cow<'_, ObjectId> {
    match &hazard.object {
        ObjectId::EnumValue { ty, value: _ } => Cow::Owned(ObjectId::Enum(ty.clone())),
        ObjectId::Attribute { ty, name: _ } => Cow::Owned(ObjectId::Composite(ty.clone())),
        ObjectId::Namespace(_)
        | ObjectId::Enum(_)
        | ObjectId::Sequence(_)
        | ObjectId::Table(_)
        | ObjectId::Column { .. }
        | ObjectId::Constraint { .. }
        | ObjectId::Index(_)
        | ObjectId::Comment(_)
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
        | ObjectId::AccessMethod(_) => Cow::Borrowed(&hazard.object),
    }
}

fn hazard_text(hazard: &Hazard) -> String {
    format!(
        "hazard {}: {}\n  instead: {}",
        hazard.code, hazard.message, hazard.advice
    )
}

/// Adds a text as line comments. A carriage return ends a comment for Postgres just as a line feed
/// does: none of them gets a line of its own without the dashes.
fn comment(script: &mut String, text: &str) {
    for line in text.split(['\n', '\r']).map(str::trim_end) {
        if line.is_empty() {
            if !text.is_empty() {
                script.push_str("--\n");
            }
        } else {
            script.push_str("-- ");
            script.push_str(line);
            script.push('\n');
        }
    }
}
