//! How the values of one type become values of another, and how that is written where Postgres has to
//! be told.
//!
//! For the types of `pg_catalog`; what is assigned or cast is in the tables of `pg_cast`, the same in
//! every supported release. Where Postgres would take a value for something else without a word (the
//! spelling of bytes for their text, the clock of a session for that of the data), the conversion is
//! written out, so that the way back is its inverse. About other types nothing is known here.

use limbeck_core::QualifiedName;
use limbeck_core::schema::object::{Domain, SqlType};

use crate::quote::Naming;

/// How the values of one type become values of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    /// By themselves, as in an assignment; the modifier may differ.
    Assignment,
    /// By an explicit cast.
    Explicit,
    /// Only through text.
    Text,
    /// By an expression that yields the new type.
    Written(&'static Written),
    /// What a JSON document holds that is one string, number or boolean, through text.
    Scalar,
    /// A value becomes an array of one, its element converted so.
    Wrap(Box<Cast>),
    /// The first element of an array stays, converted so.
    First(Box<Cast>),
}

/// An expression over a value: what stands before and behind it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Written {
    before: &'static str,
    after: &'static str,
    /// Whether it takes every value.
    pub(crate) is_total: bool,
}

impl Written {
    const fn total(before: &'static str, after: &'static str) -> Self {
        Self {
            before,
            after,
            is_total: true,
        }
    }
}

static DECODE: Written = Written {
    before: "convert_from(",
    after: ", 'UTF8')",
    is_total: false,
};
static ENCODE: Written = Written::total("convert_to(", ", 'UTF8')");
static TO_JSON: Written = Written::total("to_json(", ")");
static TO_JSONB: Written = Written::total("to_jsonb(", ")");

/// What Postgres would convert by the clock of the session: from, to, and how by that of UTC.
static BY_CLOCK: [(&str, &str, Written); 8] = {
    const DATE: &str = "date";
    const TIME: &str = "time without time zone";
    const TIME_TZ: &str = "time with time zone";
    const STAMP: &str = "timestamp without time zone";
    const STAMP_TZ: &str = "timestamp with time zone";
    [
        (
            DATE,
            STAMP_TZ,
            Written::total("", "::timestamp AT TIME ZONE 'UTC'"),
        ),
        (
            TIME,
            TIME_TZ,
            Written::total("(", "::text || '+00')::timetz"),
        ),
        (STAMP, STAMP_TZ, Written::total("", " AT TIME ZONE 'UTC'")),
        (
            STAMP,
            TIME_TZ,
            Written::total("(", " AT TIME ZONE 'UTC')::timetz AT TIME ZONE 'UTC'"),
        ),
        (
            STAMP_TZ,
            DATE,
            Written::total("(", " AT TIME ZONE 'UTC')::date"),
        ),
        (STAMP_TZ, STAMP, Written::total("", " AT TIME ZONE 'UTC'")),
        (
            STAMP_TZ,
            TIME,
            Written::total("(", " AT TIME ZONE 'UTC')::time"),
        ),
        (
            STAMP_TZ,
            TIME_TZ,
            Written::total("", "::timetz AT TIME ZONE 'UTC'"),
        ),
    ]
};

/// A type of `pg_catalog` taken apart: `character varying(200)[]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName<'a> {
    /// The name without a modifier: `character varying`, `timestamp without time zone`.
    pub(crate) base: String,
    /// The numbers of the modifier.
    pub(crate) modifier: Vec<i64>,
    /// What stands in the modifier, as it is.
    pub(crate) modifier_text: Option<&'a str>,
    /// Whether it is an array.
    pub(crate) array: bool,
}

impl<'a> TypeName<'a> {
    /// Takes apart what `format_type` prints; common other spellings are understood.
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let element = text.strip_suffix("[]").map(str::trim_end);
        let array = element.is_some();
        let text = element.unwrap_or(text);
        let text = text.trim_end_matches("[]");
        let (base, modifier_text) = match (text.find('('), text.find(')')) {
            (Some(open), Some(close)) if open < close => (
                format!("{}{}", &text[..open], &text[close + 1..]),
                Some(&text[open + 1..close]),
            ),
            _ => (text.to_owned(), None),
        };
        let base = base
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_ascii_lowercase();
        let modifier = modifier_text
            .into_iter()
            .flat_map(|text| text.split(','))
            .filter_map(|number| number.trim().parse().ok())
            .collect();
        Self {
            base: canonical(&base).to_owned(),
            modifier,
            modifier_text,
            array,
        }
    }
}

/// The one name of a type that has several.
fn canonical(base: &str) -> &str {
    match base {
        "int" | "int4" => "integer",
        "int2" => "smallint",
        "int8" => "bigint",
        "bool" => "boolean",
        "float4" => "real",
        "float8" | "float" => "double precision",
        "decimal" => "numeric",
        "varchar" => "character varying",
        "char" | "bpchar" => "character",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "timetz" => "time with time zone",
        "time" => "time without time zone",
        "varbit" => "bit varying",
        fields if fields.starts_with("interval ") => "interval",
        other => other,
    }
}

/// Whether a type's values are character strings.
pub(crate) fn is_text(base: &str) -> bool {
    matches!(
        base,
        "text" | "character varying" | "character" | "name" | "\"char\""
    )
}

/// How values of `from` become values of `to`. `is_own` tells enums, composite types and ranges, which
/// have no casts, from other named types.
///
/// One rule for arrays, both ways: a value becomes an array of one, and of an array the first element
/// stays, whatever the types. An array of numbers as one text would be written otherwise than it is read
/// when `status text` becomes `statuses status[]`, and there the array of one is what is meant. JSON
/// holds arrays itself, and takes them as a whole.
pub(crate) fn cast(from: &SqlType, to: &SqlType, is_own: impl Fn(&SqlType) -> bool + Copy) -> Cast {
    let (source, target) = (Shape::of(from), Shape::of(to));
    match (source.array, target.array) {
        (false, true) if source.json().is_some() && target.json().is_none() => return Cast::Text,
        (false, true) => {
            let inner = element(to).map_or(Cast::Text, |to| cast(from, &to, is_own));
            return Cast::Wrap(Box::new(inner));
        }
        (true, false) => {
            if let (None, Some(to_json)) = (source.json(), target.json()) {
                return Cast::Written(to_json);
            }
            let inner = element(from).map_or(Cast::Text, |from| cast(&from, to, is_own));
            return Cast::First(Box::new(inner));
        }
        (true, true) | (false, false) => {}
    }
    let is_own = is_own(from) || is_own(to);
    let is_builtin = |shape: &Shape<'_>| matches!(shape.element, Element::Builtin(_));
    if !source.array && (is_own || is_builtin(&source) && is_builtin(&target)) {
        match (source.json(), target.json()) {
            (None, Some(to_json)) if !source.is_text() => return Cast::Written(to_json),
            (Some(_), None) if is_own => return Cast::Scalar,
            _ => {}
        }
    }
    match (&source.element, &target.element) {
        (Element::Builtin(from), Element::Builtin(to)) if source.array => builtin(from, to),
        (Element::Builtin(from), Element::Builtin(to)) => {
            match (written(from, to), builtin(from, to)) {
                (Some(written), _) => Cast::Written(written),
                (None, Cast::Text) if source.json().is_some() => Cast::Scalar,
                (None, cast) => cast,
            }
        }
        (Element::Named(source), Element::Named(target)) if source == target => Cast::Assignment,
        // The one text that nothing else is assigned to.
        (_, Element::Builtin(base)) if base == "\"char\"" => Cast::Text,
        (_, _) if target.is_text() => Cast::Assignment,
        (_, _) if source.is_text() => Cast::Explicit,
        (_, _) if is_own => Cast::Text,
        (_, _) => Cast::Explicit,
    }
}

/// The expression that tells how, between single values.
fn written(from: &str, to: &str) -> Option<&'static Written> {
    let is_text = |base: &str| matches!(base, "text" | "character varying" | "character");
    match (from, to) {
        ("bytea", to) if is_text(to) => Some(&DECODE),
        (from, "bytea") if is_text(from) => Some(&ENCODE),
        _ => BY_CLOCK
            .iter()
            .find(|(source, target, _)| (*source, *target) == (from, to))
            .map(|(_, _, written)| written),
    }
}

/// Whether Postgres goes by the time zone of the session where nothing else is said.
pub(crate) fn is_by_clock(from: &str, to: &str) -> bool {
    BY_CLOCK
        .iter()
        .any(|(source, target, _)| (*source, *target) == (from, to))
}

/// A value as one of another type. An assignment is not spelt out: it refuses a text that is too long,
/// which a cast would cut.
pub(super) fn converted(
    value: &str,
    from: &SqlType,
    to: &SqlType,
    how: &Cast,
    naming: &Naming,
) -> String {
    let ty = naming.sql_type(to);
    match how {
        Cast::Assignment => value.to_owned(),
        Cast::Explicit => format!("{value}::{ty}"),
        Cast::Text => {
            let text = if element(from).is_some() {
                "text[]"
            } else {
                "text"
            };
            format!("{value}::{text}::{ty}")
        }
        Cast::Written(Written {
            before,
            after,
            is_total: _,
        }) => format!("{before}{value}{after}"),
        Cast::Scalar => format!("({value} #>> '{{}}')::{ty}"),
        Cast::Wrap(inner) => {
            let single = match (&**inner, element(to)) {
                (Cast::Assignment | Cast::Explicit, _) | (_, None) => value.to_owned(),
                (Cast::Text, Some(_)) => format!("{value}::text"),
                (inner, Some(to)) => converted(value, from, &to, inner, naming),
            };
            let ty = naming.sql_type(&unlimited(to));
            format!("CASE WHEN {value} IS NULL THEN NULL ELSE ARRAY[{single}]::{ty} END")
        }
        Cast::First(inner) => match element(from) {
            Some(from) => converted(&format!("{value}[1]"), &from, to, inner, naming),
            None => value.to_owned(),
        },
    }
}

/// An array of limited texts as one of texts without a limit.
fn unlimited(array: &SqlType) -> SqlType {
    match array {
        SqlType::Builtin(text) => {
            let name = TypeName::parse(text);
            if is_text(&name.base) && name.modifier_text.is_some() {
                SqlType::Builtin("text[]".to_owned())
            } else {
                array.clone()
            }
        }
        SqlType::Named { .. } => array.clone(),
    }
}

/// What a domain is over, all the way down; for an array of it, an array of that.
pub(crate) fn base_of<'a>(
    sql_type: &SqlType,
    domain: impl Fn(&QualifiedName) -> Option<&'a Domain>,
) -> SqlType {
    let mut sql_type = sql_type.clone();
    // Domains do not go round in circles; objects that say so are no reason to.
    for _ in 0..32 {
        let SqlType::Named {
            name,
            modifier: _,
            array,
        } = &sql_type
        else {
            break;
        };
        let Some(domain) = domain(name) else {
            break;
        };
        sql_type = match (&domain.base, array) {
            (base, false) => base.clone(),
            (SqlType::Builtin(text), true) => {
                SqlType::Builtin(format!("{}[]", text.trim_end_matches("[]")))
            }
            (SqlType::Named { name, modifier, .. }, true) => SqlType::Named {
                name: name.clone(),
                modifier: modifier.clone(),
                array: true,
            },
        };
    }
    sql_type
}

/// What counts of a type for a cast.
struct Shape<'a> {
    element: Element<'a>,
    array: bool,
}

enum Element<'a> {
    /// The name of a type of `pg_catalog`.
    Builtin(String),
    Named(&'a QualifiedName),
}

impl<'a> Shape<'a> {
    fn of(sql_type: &'a SqlType) -> Self {
        match sql_type {
            SqlType::Builtin(text) => {
                let name = TypeName::parse(text);
                Self {
                    array: name.array,
                    element: Element::Builtin(name.base),
                }
            }
            SqlType::Named {
                name,
                modifier: _,
                array,
            } => Self {
                element: Element::Named(name),
                array: *array,
            },
        }
    }

    fn is_text(&self) -> bool {
        match &self.element {
            Element::Builtin(base) => is_text(base),
            Element::Named(_) => false,
        }
    }

    /// What makes JSON of this kind, where it is JSON or an array of that.
    fn json(&self) -> Option<&'static Written> {
        match &self.element {
            Element::Builtin(base) if base == "json" => Some(&TO_JSON),
            Element::Builtin(base) if base == "jsonb" => Some(&TO_JSONB),
            Element::Builtin(_) | Element::Named(_) => None,
        }
    }
}

/// The type of an array's elements; `None` for any other type.
pub(crate) fn element(array: &SqlType) -> Option<SqlType> {
    match array {
        SqlType::Builtin(text) => text
            .trim()
            .strip_suffix("[]")
            .map(|text| SqlType::Builtin(text.to_owned())),
        SqlType::Named {
            name,
            modifier,
            array,
        } => array.then(|| SqlType::Named {
            name: name.clone(),
            modifier: modifier.clone(),
            array: false,
        }),
    }
}

/// Between element types of `pg_catalog`.
fn builtin(from: &str, to: &str) -> Cast {
    /// What becomes what in an assignment, beside numbers among each other and anything as text.
    const ASSIGNMENT: &[(&str, &[&str])] = &[
        ("bigint", &["money", "oid"]),
        ("bit", &["bit varying"]),
        ("bit varying", &["bit"]),
        ("box", &["polygon"]),
        ("cidr", &["inet"]),
        (
            "date",
            &["timestamp without time zone", "timestamp with time zone"],
        ),
        ("inet", &["cidr"]),
        ("integer", &["money", "oid"]),
        ("interval", &["time without time zone"]),
        ("json", &["jsonb"]),
        ("jsonb", &["json"]),
        ("macaddr", &["macaddr8"]),
        ("macaddr8", &["macaddr"]),
        ("money", &["numeric"]),
        ("numeric", &["money"]),
        ("oid", &["bigint", "integer"]),
        ("path", &["polygon"]),
        ("point", &["box"]),
        ("polygon", &["path"]),
        ("smallint", &["oid"]),
        ("time with time zone", &["time without time zone"]),
        (
            "time without time zone",
            &["interval", "time with time zone"],
        ),
        (
            "timestamp with time zone",
            &[
                "date",
                "time with time zone",
                "time without time zone",
                "timestamp without time zone",
            ],
        ),
        (
            "timestamp without time zone",
            &["date", "time without time zone", "timestamp with time zone"],
        ),
    ];
    /// What becomes what when it is asked for.
    const EXPLICIT: &[(&str, &[&str])] = &[
        ("bigint", &["bit"]),
        ("bit", &["bigint", "integer"]),
        ("boolean", &["integer"]),
        ("box", &["circle", "lseg", "point"]),
        ("circle", &["box", "point", "polygon"]),
        ("integer", &["\"char\"", "bit", "boolean"]),
        (
            "jsonb",
            &[
                "bigint",
                "boolean",
                "double precision",
                "integer",
                "numeric",
                "real",
                "smallint",
            ],
        ),
        ("lseg", &["point"]),
        ("polygon", &["box", "circle", "point"]),
    ];
    let listed = |table: &[(&str, &[&str])]| {
        table
            .iter()
            .any(|(source, targets)| *source == from && targets.contains(&to))
    };
    let to_text = is_text(to) && (to != "\"char\"" || is_text(from) && from != "name");
    if from == to || to_text || is_number(from) && is_number(to) || listed(ASSIGNMENT) {
        Cast::Assignment
    } else if is_text(from) || listed(EXPLICIT) {
        Cast::Explicit
    } else {
        Cast::Text
    }
}

/// Whether a type is one of the numbers that are assigned to each other.
pub(crate) fn is_number(base: &str) -> bool {
    matches!(
        base,
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision"
    )
}
