//! A declared column laid over the live one.

use crate::schema::Schema;
use crate::schema::lower::{DeclaredColumn, DeclaredIdentity};
use crate::schema::object::{Column, Identity, Object, ObjectId, SequenceOptions, SqlType};

/// What a column is to be.
///
/// Type and nullability are stated. Of default, identity and generating expression a column has at
/// most one, so that stating one of them takes the others away. The default of a `serial` column
/// (it owns a sequence) is never taken away for being unsaid: a model has no word for it.
pub(super) fn merge(
    live: &Schema,
    base: &Schema,
    id: &ObjectId,
    serial: bool,
    stated: &DeclaredColumn,
) -> Column {
    let DeclaredColumn {
        sql_type,
        nullable,
        collation,
        default,
        identity,
        generated,
    } = stated;
    let (present, made) = (column(live, id), column(base, id));
    let valued = default.is_some() || identity.is_some() || generated.is_some();
    // What live has, unless base has one, too: then its lack is stated.
    macro_rules! follow {
        ($attribute:ident) => {
            match made {
                Some(Column {
                    $attribute: Some(_),
                    ..
                }) => None,
                _ => present.and_then(|column| column.$attribute.clone()),
            }
        };
    }
    let counted = || present.filter(|_| serial)?.default.clone();
    Column {
        sql_type: sql_type.clone(),
        collation: collation.clone().or_else(|| follow!(collation)),
        nullable: *nullable,
        default: match default {
            Some(default) => Some(default.clone()),
            None if valued => None,
            None => follow!(default).or_else(counted),
        },
        identity: match identity {
            Some(identity) => Some(merge_identity(identity, sql_type, present)),
            None if valued => None,
            None => follow!(identity),
        },
        generated: match generated {
            Some(generated) => Some(generated.clone()),
            None if valued => None,
            None => follow!(generated),
        },
        // A model has no words for these.
        ..present
            .cloned()
            .unwrap_or_else(|| Column::of_type(sql_type.clone()))
    }
}

fn column<'a>(schema: &'a Schema, id: &ObjectId) -> Option<&'a Column> {
    match schema.get(id) {
        Some(Object::Column(column)) => Some(column),
        _ => None,
    }
}

/// The identity of a column; options that are unsaid follow live.
fn merge_identity(
    stated: &DeclaredIdentity,
    sql_type: &SqlType,
    present: Option<&Column>,
) -> Identity {
    let DeclaredIdentity {
        mode,
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    } = *stated;
    let live =
        present.and_then(|column| Some((&column.sql_type, &column.identity.as_ref()?.options)));
    let follow = |of: fn(&SequenceOptions) -> i64| live.map(|(_, options)| of(options));
    // A bound that is only that of the live type does not count as said by anybody.
    let bound = |of: fn(&SequenceOptions) -> i64| {
        let (sql_type, options) = live?;
        let unsaid = unsaid(sql_type, options.increment, None, None);
        (of(options) != of(&unsaid)).then(|| of(options))
    };
    let increment = increment
        .or(follow(|options| options.increment))
        .unwrap_or(1);
    let min = min.or(bound(|options| options.min));
    let max = max.or(bound(|options| options.max));
    let unsaid = unsaid(sql_type, increment, min, max);
    Identity {
        mode,
        options: SequenceOptions {
            start: start
                .or(follow(|options| options.start))
                .unwrap_or(unsaid.start),
            increment,
            min: unsaid.min,
            max: unsaid.max,
            cache: cache
                .or(follow(|options| options.cache))
                .unwrap_or(unsaid.cache),
            cycle: cycle
                .or(live.map(|(_, options)| options.cycle))
                .unwrap_or(unsaid.cycle),
        },
    }
}

/// What Postgres takes where nothing is said: a sequence that falls runs from -1 to the least value
/// of its type.
fn unsaid(
    sql_type: &SqlType,
    increment: i64,
    min: Option<i64>,
    max: Option<i64>,
) -> SequenceOptions {
    let rising = SequenceOptions::of_type(sql_type);
    let (least, greatest) = if increment < 0 {
        (-rising.max - 1, -1)
    } else {
        (rising.min, rising.max)
    };
    let (min, max) = (min.unwrap_or(least), max.unwrap_or(greatest));
    let start = if increment < 0 { max } else { min };
    SequenceOptions {
        start,
        increment,
        min,
        max,
        ..rising
    }
}
