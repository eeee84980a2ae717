//! Columns that models state as `serial`: with a default that counts by a sequence, which the column owns.

use std::collections::HashSet;

use crate::name::{QualifiedName, derived_name};
use crate::schema::Schema;
use crate::schema::lower::Declared;
use crate::schema::object::{
    Expression, Object, ObjectId, OwnerColumn, Sequence, SequenceOptions, SqlType, is_plain,
};
use crate::schema::overlay::named;
use crate::schema::taken::Taken;

/// The sequence that a column is to count by: one that it `owned` and did not use, or a new one, with the name
/// that Postgres would choose.
pub(super) fn sequence(
    desired: &mut Schema,
    declared: &Declared,
    column: &ObjectId,
    sql_type: &SqlType,
    owned: Option<&ObjectId>,
    names: &mut Option<HashSet<Taken>>,
) -> ObjectId {
    if let Some(owned) = owned {
        return owned.clone();
    }
    let ObjectId::Column { table, name } = column else {
        return column.clone();
    };
    let derived = derived_name(table.name.as_str(), Some(name.as_str()), "seq");
    let derived = ObjectId::Sequence(QualifiedName::new(table.schema.clone(), derived));
    let sequence = Object::Sequence(Sequence {
        data_type: sql_type.clone(),
        options: SequenceOptions::of_type(sql_type),
        owned_by: Some(OwnerColumn {
            table: table.clone(),
            column: name.clone(),
        }),
        persistence: None,
        logging: Default::default(),
    });
    let names = names.get_or_insert_with(|| named::names_of(desired, declared));
    let id = named::free_among(&derived, &sequence, names);
    names.extend(crate::schema::taken::taken(&id, &sequence));
    desired.insert(id.clone(), sequence);
    id
}

/// Lets a sequence count as far as the column can that it counts for; Postgres does so for an identity, and for no other.
pub(super) fn follow(desired: &mut Schema, sequence: &ObjectId, sql_type: &SqlType) {
    let is_integer = |name: &str| matches!(name, "smallint" | "integer" | "bigint");
    let (Some(Object::Sequence(sequence)), SqlType::Builtin(name)) =
        (desired.objects.get_mut(sequence), sql_type)
    else {
        return;
    };
    if sequence.data_type == *sql_type || !is_integer(name) {
        return;
    }
    let SequenceOptions { increment, .. } = sequence.options;
    let usual = |of: &SqlType| SequenceOptions::unsaid(of, increment, None, None);
    let (before, after) = (usual(&sequence.data_type), usual(sql_type));
    // A bound that somebody has chosen stays.
    if sequence.options.max == before.max {
        sequence.options.max = after.max;
    }
    if sequence.options.min == before.min {
        sequence.options.min = after.min;
    }
    sequence.data_type = sql_type.clone();
}

/// The default that counts by a sequence, as Postgres prints it.
pub(super) fn next(sequence: &ObjectId) -> Expression {
    let mut name = String::new();
    if let ObjectId::Sequence(sequence) = sequence {
        put(&mut name, sequence.schema.as_str());
        name.push('.');
        put(&mut name, sequence.name.as_str());
    }
    let name = name.replace('\'', "''");
    Expression(match name.contains('\\') {
        true => format!("nextval(E'{}'::regclass)", name.replace('\\', "\\\\")),
        false => format!("nextval('{name}'::regclass)"),
    })
}

fn put(out: &mut String, name: &str) {
    match is_plain(name) {
        true => out.push_str(name),
        false => {
            out.push('"');
            out.push_str(&name.replace('"', "\"\""));
            out.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::id;

    #[test]
    fn the_default_is_as_postgres_prints_it() {
        for (sequence, printed) in [
            (
                "sequence:public.t_id_seq",
                "nextval('public.t_id_seq'::regclass)",
            ),
            (
                "sequence:public.\"T's_seq\"",
                "nextval('public.\"T''s_seq\"'::regclass)",
            ),
        ] {
            assert_eq!(next(&id(sequence)).0, printed);
        }
    }
}
