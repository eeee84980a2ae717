//! A declared column laid over the live one.

use crate::schema::Schema;
use crate::schema::lower::{DeclaredColumn, DeclaredIdentity};
use crate::schema::object::{
    Column, Expression, Identity, NotNull, Object, ObjectId, SequenceOptions, SqlType,
};
use crate::schema::overlay::Known;

/// What a column is to be.
///
/// Type and nullability are stated. Of default, identity and generating expression a column has at
/// most one, so that stating one of them takes the others away. The default of a `serial` column
/// (it owns a sequence) is never taken away for being unsaid: most models have no word for it. `next` is the
/// default of a column that is stated as one and is none yet.
pub(super) fn merge(
    live: &Schema,
    base: &Known<'_>,
    id: &ObjectId,
    serial: bool,
    next: Option<Expression>,
    stated: &DeclaredColumn,
) -> Column {
    let DeclaredColumn {
        sql_type,
        nullable,
        collation,
        default,
        identity,
        generated,
        serial: _,
    } = stated;
    let default = default.as_ref().or(next.as_ref());
    let (present, made) = (column(live, id), column(&base.schema, id));
    let once = made.filter(|_| base.stated(id).is_some());
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
        not_null: match present {
            Some(column) if !nullable => column.not_null.clone(),
            _ => NotNull::default(),
        },
        default: match default {
            Some(default) => Some(default.clone()),
            None if valued => None,
            None => follow!(default).or_else(counted),
        },
        identity: match identity {
            Some(identity) => Some(merge_identity(identity, sql_type, present, once)),
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

/// The identity of a column; options that are unsaid follow live, but for those that live has because
/// they were stated `once`.
fn merge_identity(
    stated: &DeclaredIdentity,
    sql_type: &SqlType,
    present: Option<&Column>,
    once: Option<&Column>,
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
    let (live, once) = (said(present), said(once));
    fn follow<T: PartialEq>(live: Option<T>, once: Option<T>) -> Option<T> {
        live.filter(|live| once.as_ref() != Some(live))
    }
    let increment = increment
        .or(follow(live.increment, once.increment))
        .unwrap_or(1);
    let min = min.or(follow(live.min, once.min));
    let max = max.or(follow(live.max, once.max));
    let unsaid = SequenceOptions::unsaid(sql_type, increment, min, max);
    Identity {
        mode,
        options: SequenceOptions {
            start: start
                .or(follow(live.start, once.start))
                .unwrap_or(unsaid.start),
            increment,
            min: unsaid.min,
            max: unsaid.max,
            cache: cache
                .or(follow(live.cache, once.cache))
                .unwrap_or(unsaid.cache),
            cycle: cycle
                .or(follow(live.cycle, once.cycle))
                .unwrap_or(unsaid.cycle),
        },
    }
}

/// The options of an identity that somebody said: others than Postgres takes for the type, the step
/// and the bounds.
#[derive(Default)]
struct Said {
    start: Option<i64>,
    increment: Option<i64>,
    min: Option<i64>,
    max: Option<i64>,
    cache: Option<i64>,
    cycle: Option<bool>,
}

fn said(column: Option<&Column>) -> Said {
    let Some(Column {
        sql_type,
        identity: Some(Identity { options, .. }),
        ..
    }) = column
    else {
        return Said::default();
    };
    let SequenceOptions {
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    } = *options;
    let bounds = SequenceOptions::unsaid(sql_type, increment, None, None);
    let within = SequenceOptions::unsaid(sql_type, increment, Some(min), Some(max));
    fn other<T: PartialEq>(value: T, unsaid: T) -> Option<T> {
        (value != unsaid).then_some(value)
    }
    Said {
        start: other(start, within.start),
        increment: other(increment, 1),
        min: other(min, bounds.min),
        max: other(max, bounds.max),
        cache: other(cache, within.cache),
        cycle: other(cycle, within.cycle),
    }
}
