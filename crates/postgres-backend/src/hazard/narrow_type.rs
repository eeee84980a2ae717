//! `narrow_type`: the new type of a column, or of an attribute of what columns hold, holds less than the old one.
//!
//! *What it does.* `ALTER COLUMN … TYPE` to a shorter text, a smaller number, a coarser time, another
//! shape. Between types of `pg_catalog`, a cast of Postgres' own that is not known to keep all of a
//! value counts as one that does not.
//!
//! *Why it bites.* Where Postgres rounds or cuts, it does so in every row, and the way down does not
//! bring it back: a scale, a time of day, a fraction of a second. Where it does not, the first value
//! that is too long or too large ends it with an error.
//!
//! *Example.* `ALTER TABLE "orders" ALTER COLUMN "total" TYPE numeric(10,0)`.
//!
//! *Do this instead.* Look for values that do not fit; or keep the type and add a `CHECK`, which can
//! be validated without a lock that keeps readers out.

use limbeck_core::schema::object::SqlType;
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId};

use super::drop_attribute::is_stored;
use super::{Direction, Hazard, Severity, View, shown};
use crate::ddl::{Cast, TypeName, cast, element, is_by_clock, is_text};

pub(super) const CODE: &str = "narrow_type";

/// What becomes of values that the new type does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Narrowing {
    /// They are cut or rounded.
    Loses(&'static str),
    /// They are refused.
    Refuses(&'static str),
    /// They are taken for something that they may not have been.
    Assumes(&'static str),
    /// Arrays lose all but their first element, and that one something perhaps.
    First(Option<&'static str>),
}

pub(super) fn check(operation: &Operation, view: &View<'_>) -> Option<Hazard> {
    let Operation::Alter {
        id: id @ ObjectId::Column { table, name },
        from: Object::Column(from),
        to: Object::Column(to),
    } = operation
    else {
        return None;
    };
    hazard(
        id.clone(),
        &format!("column `{}.{name}`", shown(table)),
        (&from.sql_type, &to.sql_type),
        view,
    )
}

/// What columns hold in the attributes of a type that is changed.
pub(super) fn check_attributes(operation: &Operation, view: &View<'_>) -> Vec<Hazard> {
    let Some((ty, from, to)) = view.composites(operation) else {
        return Vec::new();
    };
    let narrowed = from.attributes.iter().filter_map(|present| {
        let wanted = to.attribute(&present.name)?;
        let id = ObjectId::Attribute {
            ty: ty.clone(),
            name: present.name.clone(),
        };
        hazard(
            id,
            &format!("attribute `{}` of type `{}`", present.name, shown(ty)),
            (&present.sql_type, &wanted.sql_type),
            view,
        )
    });
    let narrowed: Vec<Hazard> = narrowed.collect();
    if narrowed.is_empty() || !is_stored(ty, view) {
        return Vec::new();
    }
    narrowed
}

fn hazard(
    object: ObjectId,
    named: &str,
    (from, to): (&SqlType, &SqlType),
    view: &View<'_>,
) -> Option<Hazard> {
    let before = view.base_of(from, view.from);
    let after = view.base_of(to, view.to);
    let only = "only the first element of each array stays";
    let narrowing = narrowing(&before, &after, view)?;
    let assumes = matches!(narrowing, Narrowing::Assumes(_));
    // On the way down they are what the way up made of them.
    if assumes && view.direction == Direction::Down {
        return None;
    }
    let (what, severity) = match narrowing {
        Narrowing::Assumes(what) => (what.to_owned(), Severity::MayFail),
        Narrowing::Loses(what) => (what.to_owned(), Severity::Destructive),
        Narrowing::Refuses(what) => (what.to_owned(), Severity::MayFail),
        Narrowing::First(None) => (only.to_owned(), Severity::Destructive),
        Narrowing::First(Some(what)) => (format!("{only}, and {what}"), Severity::Destructive),
    };
    Some(Hazard {
        code: CODE,
        object,
        message: format!("{named} changes from {from} to {to}: {what}"),
        advice: match view.direction {
            Direction::Up if assumes => {
                "where they are of another zone, write that for `UTC` in both files of the revision"
            }
            Direction::Up => "look for values that do not fit, or keep the type and add a check",
            Direction::Down => "look for values that do not fit before you go down",
        }
        .to_owned(),
        severity,
    })
}

fn narrowing(from: &SqlType, to: &SqlType, view: &View<'_>) -> Option<Narrowing> {
    match view.cast(from, to) {
        Cast::First(_) => {
            let inner = element(from).and_then(|from| narrowing(&from, to, view));
            return Some(Narrowing::First(match inner {
                Some(
                    Narrowing::Loses(what) | Narrowing::Refuses(what) | Narrowing::Assumes(what),
                ) => Some(what),
                Some(Narrowing::First(_)) | None => None,
            }));
        }
        Cast::Wrap(_) => return narrowing(from, &element(to)?, view),
        Cast::Assignment | Cast::Explicit | Cast::Text | Cast::Written(_) | Cast::Scalar => {}
    }
    let (SqlType::Builtin(from), SqlType::Builtin(to)) = (from, to) else {
        // What the modifier of another type means is not known; that it differs is.
        let (
            SqlType::Named {
                name,
                modifier,
                array,
            },
            SqlType::Named {
                name: to_name,
                modifier: to_modifier,
                array: to_array,
            },
        ) = (from, to)
        else {
            return to_text(to);
        };
        return (name == to_name && array == to_array && modifier != to_modifier).then_some(
            Narrowing::Refuses("values that its modifier does not allow are refused"),
        );
    };
    let (before, after) = (TypeName::parse(from), TypeName::parse(to));
    if before.array != after.array {
        return None;
    }
    if before.array && is_by_clock(&before.base, &after.base) {
        return Some(Narrowing::Loses(
            "what its elements become is decided by the session's time zone",
        ));
    }
    let (from, to) = (finest(from), finest(to));
    builtin(&before, &after).or_else(|| match (from, to) {
        (Unit::None, _) | (_, Unit::None) => None,
        (from, to) => {
            (from > to).then_some(Narrowing::Loses("what is finer than its fields is cut"))
        }
    })
}

/// From a type that is not one of `pg_catalog` to one that is.
fn to_text(to: &SqlType) -> Option<Narrowing> {
    match to {
        SqlType::Builtin(text) => {
            let to = TypeName::parse(text);
            match to.base.as_str() {
                "name" | "\"char\"" => Some(CUT),
                _ => length(&to).is_some().then_some(TOO_LONG),
            }
        }
        SqlType::Named { .. } => None,
    }
}

const TOO_LONG: Narrowing = Narrowing::Refuses("a longer text is refused");
const CUT: Narrowing = Narrowing::Loses("a longer text is cut");
const TOO_LARGE: Narrowing = Narrowing::Refuses("a number out of range is refused");
const FRACTION: Narrowing =
    Narrowing::Loses("fractions are rounded away, and what is out of range then is refused");
const DIGITS: Narrowing = Narrowing::Loses("digits beyond its precision are lost");
const DIGITS_AND_RANGE: Narrowing =
    Narrowing::Loses("digits beyond its precision are lost, and a number out of range is refused");
/// A date may be later than any timestamp.
const TOO_LATE: Narrowing = Narrowing::Refuses("a date after the year 294276 is refused");
const NO_DOCUMENT: Narrowing = Narrowing::Refuses(
    "a document with `\\u0000` in a string, or with a number that `numeric` does not hold, is refused, and of a \
     key that stands twice the last one stays",
);
const OTHER_BITS: Narrowing = Narrowing::Refuses("a string of bits of another length is refused");
const BITS: Narrowing = Narrowing::Loses("the bits in front are cut");

fn builtin(from: &TypeName<'_>, to: &TypeName<'_>) -> Option<Narrowing> {
    let bases = (from.base.as_str(), to.base.as_str());
    match bases {
        (_, "character varying" | "character") => {
            let limit = length(to)?;
            let fits = longest(from).is_some_and(|longest| longest <= limit);
            // What `character` pads with does not count as a part of the text.
            let cuts = matches!(bases, ("text" | "character varying" | "name", "character"));
            match (fits, cuts) {
                (true, false) => None,
                (true, true) => Some(Narrowing::Loses("spaces at the end are lost")),
                (false, false) => Some(TOO_LONG),
                (false, true) => Some(Narrowing::Loses(
                    "spaces at the end are lost, and a longer text is refused",
                )),
            }
        }
        ("text" | "character varying" | "character", "name" | "\"char\"") => Some(CUT),
        (_, "name") => longest(from).is_none().then_some(CUT),
        ("bit", "bit") => (length(from) != length(to)).then_some(OTHER_BITS),
        ("bit varying", "bit") => Some(OTHER_BITS),
        ("bit" | "bit varying", "bit varying") => {
            let limit = length(to)?;
            match length(from) {
                Some(longest) if longest <= limit => None,
                Some(_) | None => Some(OTHER_BITS),
            }
        }
        ("bigint", "integer" | "smallint") | ("integer", "smallint") => Some(TOO_LARGE),
        ("bigint", "oid") => Some(TOO_LARGE),
        ("numeric" | "real" | "double precision", "bigint" | "integer" | "smallint") => {
            // `numeric(p,0)` has no fractions to lose.
            if from.base == "numeric" && scale(from) == Some(0) {
                Some(TOO_LARGE)
            } else {
                Some(FRACTION)
            }
        }
        ("numeric", "numeric") => numeric(from, to),
        ("smallint" | "integer" | "bigint", "numeric") => {
            let digits = match from.base.as_str() {
                "smallint" => 5,
                "integer" => 10,
                _ => 19,
            };
            match whole_digits(to) {
                Some(whole) if whole < digits => Some(TOO_LARGE),
                Some(_) | None => None,
            }
        }
        // Postgres takes 6 and 15 digits of them, fewer than they may have.
        ("real" | "double precision", "numeric")
        | ("numeric" | "double precision", "real")
        | ("numeric", "double precision") => Some(DIGITS_AND_RANGE),
        ("bigint" | "integer", "real") | ("bigint", "double precision") => Some(DIGITS),
        ("numeric", "money") => Some(FRACTION),
        ("bigint", "money") => Some(TOO_LARGE),
        // A `bigint` of hundredths.
        ("money", "numeric") => match (scale(to)?, whole_digits(to)?) {
            (..=1, _) => Some(FRACTION),
            (_, ..=16) => Some(TOO_LARGE),
            _ => None,
        },
        ("integer", "bit") => (length(to)? < 32).then_some(BITS),
        ("bigint", "bit") => (length(to)? < 64).then_some(BITS),
        ("bit", "integer") => (length(from)? > 32).then_some(TOO_LARGE),
        ("bit", "bigint") => (length(from)? > 64).then_some(TOO_LARGE),
        ("jsonb", "bigint" | "integer" | "smallint") => Some(FRACTION),
        ("jsonb", "real" | "double precision") => Some(DIGITS_AND_RANGE),
        ("jsonb", "numeric") => scale(to).map(|_| FRACTION),
        ("json", "jsonb") => Some(NO_DOCUMENT),
        ("date", "timestamp with time zone" | "timestamp without time zone") => Some(TOO_LATE),
        ("path", "polygon") => Some(Narrowing::Refuses("an open path is refused")),
        ("polygon" | "lseg" | "box" | "circle", "point") => {
            Some(Narrowing::Loses("all but its center is lost"))
        }
        ("timestamp without time zone", "date") => {
            Some(Narrowing::Loses("the time of day is lost"))
        }
        ("timestamp with time zone", "date") => Some(Narrowing::Loses(
            "the moment becomes its date in UTC, and the time of day is lost",
        )),
        ("timestamp without time zone", "time with time zone" | "time without time zone") => {
            Some(Narrowing::Loses("the date is lost"))
        }
        ("timestamp with time zone", "time with time zone" | "time without time zone") => Some(
            Narrowing::Loses("the moment becomes what a clock shows in UTC, and the date is lost"),
        ),
        ("timestamp with time zone", "timestamp without time zone") => Some(Narrowing::Loses(
            "the moment becomes what a clock shows in UTC",
        )),
        (
            "timestamp without time zone" | "time without time zone",
            "timestamp with time zone" | "time with time zone",
        ) => precision(from, to).or(Some(Narrowing::Assumes(
            "what a clock showed is taken for UTC, and moves where another time zone was meant",
        ))),
        ("time with time zone", "time without time zone") => {
            Some(Narrowing::Loses("the time zone is lost"))
        }
        ("interval", "time without time zone") => Some(Narrowing::Loses("the days are lost")),
        ("inet", "cidr") => Some(Narrowing::Loses("the bits of the host are lost")),
        ("macaddr8", "macaddr") => Some(Narrowing::Refuses("a longer address is refused")),
        ("integer", "boolean") => Some(Narrowing::Loses("every number but 0 becomes true")),
        (before, after) if before == after || keeps(before, after) => precision(from, to),
        (before, after) => by_cast(before, after)
            .then_some(Narrowing::Loses("the cast does not keep all of a value")),
    }
}

/// Whether Postgres has a cast of its own, which may change what a value is. Text is read and written:
/// what is not understood is refused.
fn by_cast(from: &str, to: &str) -> bool {
    let of = |base: &str| SqlType::Builtin(base.to_owned());
    let known = matches!(
        cast(&of(from), &of(to), |_| false),
        Cast::Assignment | Cast::Explicit
    );
    known && !is_text(from) && !is_text(to)
}

/// Casts that keep all of every value that they take.
fn keeps(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("smallint", "integer" | "bigint" | "real")
            | ("smallint" | "integer", "double precision" | "oid")
            | ("integer", "bigint" | "money")
            | ("real", "double precision")
            | ("oid", "integer" | "bigint")
            | ("boolean", "integer")
            | ("point", "box")
            | ("box", "lseg" | "polygon")
            | ("polygon", "path")
            | ("cidr", "inet")
            | ("macaddr", "macaddr8")
            | ("time without time zone", "interval")
            | ("jsonb", "json" | "boolean")
    )
}

/// The finest that a type of time spans counts in; whatever is coarser is kept, whichever fields are
/// stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    None,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

fn finest(text: &str) -> Unit {
    let text = text.trim().trim_end_matches("[]").trim_end();
    let text = text.to_ascii_lowercase();
    if text.starts_with("time") && TypeName::parse(&text).base == "time without time zone" {
        return Unit::Second;
    }
    let Some(fields) = text.strip_prefix("interval") else {
        return Unit::None;
    };
    let fields = fields.split('(').next().unwrap_or_default();
    match fields.split_whitespace().last() {
        Some("year") => Unit::Year,
        Some("month") => Unit::Month,
        Some("day") => Unit::Day,
        Some("hour") => Unit::Hour,
        Some("minute") => Unit::Minute,
        _ => Unit::Second,
    }
}

/// The limit of a text or bit type, where it has one. `character` without one holds one.
fn length(of: &TypeName<'_>) -> Option<i64> {
    match of.base.as_str() {
        "character varying" | "bit varying" => of.modifier.first().copied(),
        "character" | "bit" => Some(of.modifier.first().copied().unwrap_or(1)),
        _ => None,
    }
}

/// The longest text that a type's values are written as, where that is known.
fn longest(of: &TypeName<'_>) -> Option<i64> {
    match of.base.as_str() {
        "character varying" | "character" => length(of),
        "\"char\"" => Some(4),
        "name" => Some(63),
        "boolean" => Some(5),
        "smallint" => Some(6),
        "integer" => Some(11),
        "bigint" => Some(20),
        "uuid" => Some(36),
        _ => None,
    }
}

/// Digits behind the point, where they are limited.
fn scale(of: &TypeName<'_>) -> Option<i64> {
    match of.modifier[..] {
        [] => None,
        [_] => Some(0),
        [_, scale, ..] => Some(scale),
    }
}

/// Digits before the point, where they are limited.
fn whole_digits(of: &TypeName<'_>) -> Option<i64> {
    Some(of.modifier.first()? - scale(of)?)
}

fn numeric(from: &TypeName<'_>, to: &TypeName<'_>) -> Option<Narrowing> {
    let to_scale = scale(to)?;
    if scale(from).is_none_or(|scale| scale > to_scale) {
        return Some(FRACTION);
    }
    (whole_digits(from) > whole_digits(to)).then_some(TOO_LARGE)
}

/// Fractions of a second: six digits unless said otherwise.
fn precision(from: &TypeName<'_>, to: &TypeName<'_>) -> Option<Narrowing> {
    let timed = from.base.starts_with("time") || from.base == "interval";
    let digits = |of: &TypeName<'_>| of.modifier.first().copied().unwrap_or(6);
    (timed && digits(from) > digits(to)).then_some(Narrowing::Loses(
        "finer fractions of a second are rounded away",
    ))
}
