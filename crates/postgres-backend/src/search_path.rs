//! What a session finds without a schema, in words: the path that it has, and the one that it needs.

use limbeck_core::Ident;

use crate::quote::ident;

/// Whether a search path names a schema, as the text of the setting has it. Postgres itself leaves out
/// what is not there yet; a schema that the first run makes is found by its name.
pub(crate) fn names(path: &str, role: &str, schema: &Ident) -> bool {
    elements(path).iter().any(|(_, name)| match name.as_str() {
        "$user" => role == schema.as_str(),
        name => name == schema.as_str(),
    })
}

/// A search path with a schema before all else that it has.
pub(crate) fn leading_to(schema: &Ident, path: &str) -> String {
    let own = ident(schema).to_string();
    let rest = elements(path);
    let rest = rest.iter().filter(|(_, name)| name != schema.as_str());
    let whole: Vec<&str> = std::iter::once(own.as_str())
        .chain(rest.map(|(written, _)| *written))
        .collect();
    whole.join(", ")
}

/// What to do where a session does not find the tables in a schema without its name.
pub(crate) fn remedy(path: &str, schema: &Ident) -> String {
    format!(
        "let the application look there: `ALTER ROLE … SET search_path = {}`, or `options=-csearch_path=…` in \
         its URL; or place the bundle where it looks (`schema` in `limbeck.toml`, `in_schema`); or name the \
         schema in the models: `#[model(schema = \"{schema}\")]`",
        leading_to(schema, path)
    )
}

/// A search path in words.
pub(crate) fn shown(path: &str) -> String {
    match path.trim() {
        "" | "\"\"" => "empty".to_owned(),
        path => format!("`{path}`"),
    }
}

/// The elements of a search path, each as it is written and as the name that it means.
fn elements(path: &str) -> Vec<(&str, String)> {
    let mut quoted = false;
    path.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
    .map(|written| {
        let inner = written
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'));
        let name = match inner {
            Some(inner) => inner.replace("\"\"", "\""),
            None => written.to_lowercase(),
        };
        (written, name)
    })
    .filter(|(_, name)| !name.is_empty())
    .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_what_it_would_find() {
        let check = |path: &str, schema: &str| names(path, "me", &Ident::new(schema).unwrap());
        assert!(check("\"$user\", public", "public"));
        assert!(check("\"$user\", public", "me"));
        assert!(check("App,\"A, \"\"b\"", "app"));
        assert!(check("App,\"A, \"\"b\"", "A, \"b"));
        assert!(!check("\"$user\", public", "app"));
        assert!(!check("\"Public\", app", "public"));
        assert!(!check("\"\"", "public"));
        assert!(!check("", "public"));
    }

    #[test]
    fn the_remedy_keeps_what_the_path_has() {
        let check = |path: &str, schema: &str, told: &str| {
            let remedy = remedy(path, &Ident::new(schema).unwrap());
            let expected = format!("`ALTER ROLE … SET search_path = {told}`");
            assert!(remedy.contains(&expected), "{remedy}");
        };
        check("app", "public", "\"public\", app");
        check("\"$user\", public", "app", "\"app\", \"$user\", public");
        check("app, public", "public", "\"public\", app");
        check("\"\"", "public", "\"public\"");
    }
}
