//! Which types Postgres turns into which others without being told how.
//!
//! For the types of `pg_catalog`; the tables are those of `pg_cast`, the same in every supported
//! release. About other types nothing is known here.

use limbeck_core::QualifiedName;
use limbeck_core::schema::object::SqlType;

/// How the values of one type become values of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    /// By themselves, as in an assignment; the modifier may differ.
    Assignment,
    /// By an explicit cast.
    Explicit,
    /// Only through text.
    Text,
    /// A value becomes an array of one.
    Wrap,
}

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

/// How values of `from` become values of `to`. `is_enum` tells enums from other named types.
pub(crate) fn cast(from: &SqlType, to: &SqlType, is_enum: impl Fn(&SqlType) -> bool) -> Cast {
    let (source, target) = (Shape::of(from), Shape::of(to));
    match (source.array, target.array) {
        (false, true) => return Cast::Wrap,
        (true, false) if target.is_text() => return Cast::Assignment,
        (true, false) => return Cast::Text,
        (true, true) | (false, false) => {}
    }
    match (&source.element, &target.element) {
        (Element::Builtin(source), Element::Builtin(target)) => builtin(source, target),
        (Element::Named(source), Element::Named(target)) if source == target => Cast::Assignment,
        (_, _) if target.is_text() => Cast::Assignment,
        (_, _) if source.is_text() => Cast::Explicit,
        (_, _) if is_enum(from) || is_enum(to) => Cast::Text,
        (_, _) => Cast::Explicit,
    }
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
