//! How people write the types of `pg_catalog`, and how `format_type` prints them.
//!
//! A fast path and nothing more: what stands here needs no question. Anything else (a domain, an
//! extension's type, `interval day to second`) is for Postgres to read.

/// The type as Postgres prints it, where it is one whose spelling is known beyond doubt.
pub(crate) fn spelled(written: &str) -> Option<String> {
    let mut text = written.trim();
    let mut array = false;
    while let Some(element) = array_of(text) {
        text = element;
        array = true;
    }
    let mut spelled = element(text)?;
    if array {
        spelled.push_str("[]");
    }
    Some(spelled)
}

/// The element, where the text is that of an array: `integer[]`, `integer[3]`, `integer array`.
fn array_of(text: &str) -> Option<&str> {
    if let Some(inner) = text.strip_suffix(']') {
        let (element, bounds) = inner.rsplit_once('[')?;
        return bounds
            .trim()
            .chars()
            .all(|c| c.is_ascii_digit())
            .then(|| element.trim_end());
    }
    let start = text.len().checked_sub("array".len())?;
    let (element, word) = (text.get(..start)?, text.get(start..)?);
    (word.eq_ignore_ascii_case("array") && element.ends_with(char::is_whitespace))
        .then(|| element.trim_end())
}

fn element(text: &str) -> Option<String> {
    if text == "\"char\"" {
        return Some(text.to_owned());
    }
    let Words {
        name,
        modifiers,
        rest,
    } = words(text)?;
    let numbers: &[u32] = &modifiers;
    let plain = |name: &str| Some(name.to_owned());
    match (name.as_str(), numbers, rest.as_str()) {
        ("smallint" | "int2", [], "") => plain("smallint"),
        ("integer" | "int" | "int4", [], "") => plain("integer"),
        ("bigint" | "int8", [], "") => plain("bigint"),
        ("real" | "float4", [], "") | ("float", [1..=24], "") => plain("real"),
        ("double precision" | "float8" | "float", [], "") | ("float", [25..=53], "") => {
            plain("double precision")
        }
        ("numeric" | "decimal" | "dec", [], "") => plain("numeric"),
        ("numeric" | "decimal" | "dec", [precision @ 1..=1000], "") => {
            Some(format!("numeric({precision},0)"))
        }
        ("numeric" | "decimal" | "dec", [precision @ 1..=1000, scale @ 0..=1000], "") => {
            Some(format!("numeric({precision},{scale})"))
        }
        ("boolean" | "bool", [], "") => plain("boolean"),
        ("character varying" | "char varying" | "varchar", [], "") => plain("character varying"),
        ("character varying" | "char varying" | "varchar", [length @ 1..=LONGEST], "") => {
            Some(format!("character varying({length})"))
        }
        ("character" | "char", [], "") => plain("character(1)"),
        ("character" | "char" | "bpchar", [length @ 1..=LONGEST], "") => {
            Some(format!("character({length})"))
        }
        ("bit", [], "") => plain("bit(1)"),
        ("bit", [length @ 1..=LONGEST], "") => Some(format!("bit({length})")),
        ("bit varying" | "varbit", [], "") => plain("bit varying"),
        ("bit varying" | "varbit", [length @ 1..=LONGEST], "") => {
            Some(format!("bit varying({length})"))
        }
        ("time" | "timestamp", [] | [0..=6], "" | "without time zone") => {
            Some(moment(&name, numbers, "without"))
        }
        ("time" | "timestamp", [] | [0..=6], "with time zone") => {
            Some(moment(&name, numbers, "with"))
        }
        ("timetz", [] | [0..=6], "") => Some(moment("time", numbers, "with")),
        ("timestamptz", [] | [0..=6], "") => Some(moment("timestamp", numbers, "with")),
        ("time without time zone", [], "") => Some(moment("time", &[], "without")),
        ("time with time zone", [], "") => Some(moment("time", &[], "with")),
        ("timestamp without time zone", [], "") => Some(moment("timestamp", &[], "without")),
        ("timestamp with time zone", [], "") => Some(moment("timestamp", &[], "with")),
        ("interval", [precision @ 0..=6], "") => Some(format!("interval({precision})")),
        (name, [], "") if AS_WRITTEN.contains(&name) => plain(name),
        _ => None,
    }
}

/// No string type of Postgres takes a greater length.
const LONGEST: u32 = 10_485_760;

/// Types that are printed as they are written, without any modifier.
const AS_WRITTEN: &[&str] = &[
    "box",
    "bytea",
    "cidr",
    "circle",
    "date",
    "daterange",
    "inet",
    "int4range",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numrange",
    "oid",
    "path",
    "pg_lsn",
    "point",
    "polygon",
    "regclass",
    "text",
    "tsquery",
    "tsrange",
    "tstzrange",
    "tsvector",
    "uuid",
    "xml",
];

fn moment(name: &str, precision: &[u32], zone: &str) -> String {
    match precision {
        [precision, ..] => format!("{name}({precision}) {zone} time zone"),
        [] => format!("{name} {zone} time zone"),
    }
}

struct Words {
    /// What stands before the parentheses, in lower case with single spaces.
    name: String,
    modifiers: Vec<u32>,
    /// What stands behind them.
    rest: String,
}

fn words(text: &str) -> Option<Words> {
    let tidy = |text: &str| {
        let words: Vec<String> = text
            .split_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        words.join(" ")
    };
    let Some((name, rest)) = text.split_once('(') else {
        return Some(Words {
            name: tidy(text),
            modifiers: Vec::new(),
            rest: String::new(),
        });
    };
    let (modifiers, rest) = rest.split_once(')')?;
    let modifiers = modifiers
        .split(',')
        .map(|number| number.trim().parse().ok())
        .collect::<Option<_>>()?;
    Some(Words {
        name: tidy(name),
        modifiers,
        rest: tidy(rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_spelled_as_postgres_prints_them() {
        for (written, printed) in [
            ("INT", "integer"),
            ("int4[]", "integer[]"),
            ("int [3][4]", "integer[]"),
            ("integer ARRAY", "integer[]"),
            ("varchar(200)", "character varying(200)"),
            ("character  varying ( 200 ) []", "character varying(200)[]"),
            ("char", "character(1)"),
            ("\"char\"", "\"char\""),
            ("bpchar(3)", "character(3)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(10)", "numeric(10,0)"),
            ("float", "double precision"),
            ("float(24)", "real"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            (
                "Timestamp (3) With  Time Zone",
                "timestamp(3) with time zone",
            ),
            ("time without time zone", "time without time zone"),
            ("timetz[]", "time with time zone[]"),
            ("varbit(4)", "bit varying(4)"),
            ("bit", "bit(1)"),
            ("jsonb", "jsonb"),
        ] {
            assert_eq!(spelled(written).as_deref(), Some(printed), "{written}");
            assert_eq!(spelled(printed).as_deref(), Some(printed), "{printed}");
        }
    }

    #[test]
    fn anything_else_is_for_postgres_to_read() {
        for written in [
            "",
            "citext",
            "public.mood",
            "\"text\"",
            "numeric(3,-2)",
            "interval day",
            "time(9)",
            "serial",
            "varchar(0)",
            "varchar(x)",
            "text(3)",
            "(",
            ")",
            "[]",
            "array",
            "é",
            "int)",
            "timestamptz at time zone",
            "pg_catalog.int4",
        ] {
            assert_eq!(spelled(written), None, "{written}");
        }
    }
}
