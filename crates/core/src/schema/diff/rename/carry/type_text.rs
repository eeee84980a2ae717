//! Types inside a text: the arguments of a function, as Postgres prints them.

use crate::name::QualifiedName;
use crate::schema::object::is_plain;

/// The text with other names for some types. A name that is not of `pg_catalog` stands there with its
/// schema.
pub(super) fn rename_types(
    text: &str,
    new: impl Fn(&QualifiedName) -> Option<QualifiedName>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let Some((schema, behind)) = identifier(rest) else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        let schema_at = out.len();
        out.push_str(&rest[..rest.len() - behind.len()]);
        rest = behind;
        let second = behind.strip_prefix('.').and_then(identifier);
        let Some((second, behind)) = second else {
            continue;
        };
        let written = &rest[..rest.len() - behind.len()];
        let renamed = QualifiedName::parse_parts(&schema, &second).ok();
        match renamed.and_then(|name| new(&name)) {
            Some(name) => {
                if name.schema.as_str() != schema {
                    out.truncate(schema_at);
                    put(&mut out, name.schema.as_str());
                }
                out.push('.');
                put(&mut out, name.name.as_str());
            }
            None => out.push_str(written),
        }
        rest = behind;
    }
    out
}

pub(super) fn put(out: &mut String, name: &str) {
    if is_plain(name) {
        out.push_str(name);
    } else {
        out.push('"');
        out.push_str(&name.replace('"', "\"\""));
        out.push('"');
    }
}

/// The name that a text begins with, without its quotes, and what stands behind it.
pub(super) fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        let end = text.find(|c| !inside(c)).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let (inside, behind) = rest.split_once('"')?;
        name.push_str(inside);
        let Some(more) = behind.strip_prefix('"') else {
            return Some((name, behind));
        };
        name.push('"');
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let [mood, odd] = ["mood", "Mo\"od"].map(|ty| QualifiedName::parse_parts("s", ty).unwrap());
        let renamed = rename_types(text, |name| {
            if *name == mood {
                Some(odd.clone())
            } else if *name == odd {
                Some(mood.clone())
            } else {
                None
            }
        });
        assert_eq!(renamed, expected);
    }

    #[test]
    fn only_the_types_themselves_are_renamed() {
        check(
            "integer, s.mood[], s.moods",
            "integer, s.\"Mo\"\"od\"[], s.moods",
        );
        check("s.\"Mo\"\"od\", \"s.mood\" text", "s.mood, \"s.mood\" text");
        check(
            "\"s\".mood ORDER BY x s.mood",
            "\"s\".\"Mo\"\"od\" ORDER BY x s.\"Mo\"\"od\"",
        );
        check("numeric(10,2), \"open", "numeric(10,2), \"open");
        check("t.s.mood, é.mood", "t.s.mood, é.mood");
    }
}
