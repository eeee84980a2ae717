//! Functions and procedures.
//!
//! Postgres looks at a body of text when the routine is made. Where it speaks of something that comes
//! later in the script (two functions that call each other), was written for another search path, or was there before,
//! it is told not to look: no catalog knows what a text refers to, and that may be gone long since.

use std::collections::HashSet;

use limbeck_core::schema::object::{
    Expression, Parallel, Parameter, ParameterMode, Routine, RoutineBody, Setting, Volatility,
};
use limbeck_core::schema::operation::Operation;
use limbeck_core::token::{TokenKind, lex};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::index::method_name;
use super::{Piece, Scene};
use crate::quote::{Naming, dollar, ident, literal};

pub(super) fn create(id: &ObjectId, routine: &Routine, scene: &Scene<'_>) -> Vec<Piece> {
    defined("CREATE", "create", id, routine, scene)
}

/// All that may change in place does so by saying everything again.
pub(super) fn alter(id: &ObjectId, to: &Routine, scene: &Scene<'_>) -> Vec<Piece> {
    defined("CREATE OR REPLACE", "replace", id, to, scene)
}

fn defined(
    verb: &str,
    word: &str,
    id: &ObjectId,
    routine: &Routine,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let Some((kind, name, _)) = signature(id) else {
        return Vec::new();
    };
    let naming = scene.naming();
    let statement = Piece::statement(
        id,
        definition(verb, kind, name, routine, naming),
        format!("{word} {} {}", id.kind(), naming.shown(name)),
    );
    let why = if speaks_of_later(routine, scene) {
        "a body speaks of what comes later"
    } else if speaks_of_elsewhere(routine, scene) {
        "a body finds names by a search path of its caller's"
    } else if was_there(name, routine, scene) {
        "the body is what it was, whatever became of what it speaks of"
    } else {
        return vec![statement];
    };
    let setting = |sql: &str, reason: &str| Piece::statement(id, sql.to_owned(), reason.to_owned());
    vec![
        setting("SET check_function_bodies = off", why),
        statement,
        setting("RESET check_function_bodies", "look at bodies again"),
    ]
}

pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let Some((kind, name, _)) = signature(id) else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP {kind} {}", called(id, naming)),
        format!("drop {} {}", id.kind(), naming.shown(name)),
    )]
}

pub(super) fn rename(
    from: &ObjectId,
    to: &ObjectId,
    old: &QualifiedName,
    new: &QualifiedName,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let naming = scene.naming();
    let Some((kind, _, _)) = signature(from) else {
        return Vec::new();
    };
    vec![Piece::statement(
        to,
        format!(
            "ALTER {kind} {} RENAME TO {}",
            called(from, naming),
            crate::quote::ident(&new.name)
        ),
        format!(
            "rename {} {} to {}",
            from.kind(),
            naming.shown(old),
            new.name
        ),
    )]
}

/// The word for the kind, the name, and the arguments.
fn signature(id: &ObjectId) -> Option<(&'static str, &QualifiedName, &str)> {
    match id {
        ObjectId::Function { name, arguments } => Some(("FUNCTION", name, arguments)),
        ObjectId::Procedure { name, arguments } => Some(("PROCEDURE", name, arguments)),
        ObjectId::Aggregate { name, arguments } => Some(("AGGREGATE", name, arguments)),
        _ => None,
    }
}

/// A routine as `DROP` and `COMMENT` call it: `f(integer, text)`, and an aggregate of nothing `f(*)`.
pub(super) fn called(id: &ObjectId, naming: &Naming) -> String {
    let Some((kind, name, arguments)) = signature(id) else {
        return String::new();
    };
    let arguments = if arguments.is_empty() && kind == "AGGREGATE" {
        "*".to_owned()
    } else {
        naming.expression(&Expression(arguments.to_owned()))
    };
    format!("{}({arguments})", naming.qualified(name))
}

/// An aggregate as `GRANT` calls it, which knows it as a function: all that it takes, in order.
pub(super) fn as_function(id: &ObjectId, naming: &Naming) -> String {
    let Some((_, name, arguments)) = signature(id) else {
        return String::new();
    };
    let arguments = naming.expression(&Expression(arguments.to_owned()));
    let arguments = match arguments.split_once("ORDER BY ") {
        None => arguments,
        Some((direct, ordered)) => {
            let direct = direct.trim_end();
            // What is variadic before is the same argument behind.
            if direct.is_empty() {
                ordered.to_owned()
            } else if direct.starts_with("VARIADIC ") || direct.contains(", VARIADIC ") {
                direct.to_owned()
            } else {
                format!("{direct}, {ordered}")
            }
        }
    };
    format!("{}({arguments})", naming.qualified(name))
}

fn definition(
    verb: &str,
    kind: &str,
    name: &QualifiedName,
    routine: &Routine,
    naming: &Naming,
) -> String {
    let Routine {
        parameters,
        result,
        returns_set: _,
        language,
        body,
        window,
        volatility,
        strict,
        leakproof,
        security_definer,
        parallel,
        cost,
        rows,
        support,
        settings,
        transforms,
    } = routine;
    let parameters: Vec<String> = parameters
        .iter()
        .filter(|parameter| parameter.mode != ParameterMode::Table)
        .map(|one| parameter(one, naming))
        .collect();
    let line = parameters.join(", ");
    let parameters = if line.len() > 70 {
        format!("\n    {}\n", parameters.join(",\n    "))
    } else {
        line
    };
    let mut lines = vec![format!(
        "{verb} {kind} {}({parameters})",
        naming.qualified(name)
    )];
    if let Some(result) = result {
        lines.push(format!("RETURNS {}", naming.expression(result)));
    }
    lines.push(format!("LANGUAGE {}", method_name(language)));
    if !transforms.is_empty() {
        let types: Vec<String> = transforms
            .iter()
            .map(|ty| format!("FOR TYPE {}", naming.expression(ty)))
            .collect();
        lines.push(format!("TRANSFORM {}", types.join(", ")));
    }
    let mut words = Vec::new();
    if *window {
        words.push("WINDOW".to_owned());
    }
    match volatility {
        Volatility::Immutable => words.push("IMMUTABLE".to_owned()),
        Volatility::Stable => words.push("STABLE".to_owned()),
        Volatility::Volatile => {}
    }
    if *strict {
        words.push("STRICT".to_owned());
    }
    if *leakproof {
        words.push("LEAKPROOF".to_owned());
    }
    if *security_definer {
        words.push("SECURITY DEFINER".to_owned());
    }
    words.extend(parallel_words(*parallel).map(|word| format!("PARALLEL {word}")));
    words.extend(cost.iter().map(|cost| format!("COST {cost}")));
    words.extend(rows.iter().map(|rows| format!("ROWS {rows}")));
    if let Some(support) = support {
        words.push(format!("SUPPORT {}", naming.expression(support)));
    }
    if !words.is_empty() {
        lines.push(words.join(" "));
    }
    lines.extend(settings.iter().map(setting));
    match body {
        RoutineBody::Source(text) => lines.push(format!("AS {}", dollar(text))),
        RoutineBody::Library { file, symbol } => {
            lines.push(format!("AS {}, {}", literal(file), literal(symbol)));
        }
        RoutineBody::Sql(text) => lines.push(naming.query(text)),
    }
    lines.join("\n")
}

fn parameter(parameter: &Parameter, naming: &Naming) -> String {
    let Parameter {
        mode,
        name,
        sql_type,
        default,
    } = parameter;
    let mode = match mode {
        ParameterMode::In | ParameterMode::Table => "",
        ParameterMode::Out => "OUT ",
        ParameterMode::InOut => "INOUT ",
        ParameterMode::Variadic => "VARIADIC ",
    };
    let name = name
        .as_ref()
        .and_then(|name| Ident::new(name.as_str()).ok())
        .map_or_else(String::new, |name| format!("{} ", ident(&name)));
    let default = default.as_ref().map_or_else(String::new, |default| {
        format!(" DEFAULT {}", naming.expression(default))
    });
    format!("{mode}{name}{}{default}", naming.expression(sql_type))
}

/// The word behind `PARALLEL`, where it is not the usual one.
pub(super) fn parallel_words(parallel: Parallel) -> Option<&'static str> {
    match parallel {
        Parallel::Unsafe => None,
        Parallel::Restricted => Some("RESTRICTED"),
        Parallel::Safe => Some("SAFE"),
    }
}

/// `SET` takes a list as one literal a name, where the catalog has names in double quotes. Which
/// settings those are stands in the server (`GUC_LIST_QUOTE`), and the same names are in `pg_dump`.
fn setting(setting: &Setting) -> String {
    const LISTS: [&str; 6] = [
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    ];
    let Setting { name, value } = setting;
    let value = if LISTS.contains(&name.to_ascii_lowercase().as_str()) {
        names(value)
            .iter()
            .map(|name| literal(name).to_string())
            .collect::<Vec<_>>()
            .join(", ")
    } else {
        literal(value).to_string()
    };
    let name: Vec<String> = name.split('.').map(method_name).collect();
    format!("SET {} TO {value}", name.join("."))
}

/// The names of a list, out of their quotes; an unquoted one counts in lower case.
fn names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    let mut any = false;
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => {
                quoted = !quoted;
                any = true;
            }
            ',' if !quoted => {
                names.push(std::mem::take(&mut name));
                any = false;
            }
            space if !quoted && space.is_whitespace() => {}
            other if quoted => name.push(other),
            other => {
                name.extend(other.to_lowercase());
                any = true;
            }
        }
    }
    if any {
        names.push(name);
    }
    names
}

/// Whether the body of a routine names something that an operation still to come makes or changes.
fn speaks_of_later(routine: &Routine, scene: &Scene<'_>) -> bool {
    let Some(looked_at) = looked_at(routine) else {
        return false;
    };
    let words: HashSet<String> = looked_at.into_iter().map(|(word, _)| word).collect();
    scene.later().any(|operation| {
        let (id, made) = match operation {
            Operation::Create { id, object: _ } => (id, true),
            Operation::Alter { id, from: _, to: _ } => (id, false),
            Operation::Drop { .. } | Operation::Rename { .. } => return false,
        };
        let has = |name: &Ident| words.contains(name.as_str());
        match id {
            ObjectId::Table(name)
            | ObjectId::View(name)
            | ObjectId::MaterializedView(name)
            | ObjectId::Sequence(name)
            | ObjectId::Enum(name)
            | ObjectId::Function { name, .. }
            | ObjectId::Procedure { name, .. }
            | ObjectId::Aggregate { name, .. } => made && has(&name.name),
            ObjectId::Column { table, name } => {
                has(&table.name) && (has(name) || words.contains("*"))
            }
            _ => false,
        }
    })
}

/// Whether the body of a routine names something without its schema that stands in a schema where nobody looks by
/// himself, and the routine sets no path.
fn speaks_of_elsewhere(routine: &Routine, scene: &Scene<'_>) -> bool {
    let has_path = routine.settings.iter().any(|set| set.name == "search_path");
    let Some(looked_at) = looked_at(routine).filter(|_| !has_path) else {
        return false;
    };
    let bare: HashSet<String> = looked_at
        .into_iter()
        .filter(|(_, qualified)| !qualified)
        .map(|(word, _)| word)
        .collect();
    let own = scene.naming().own.as_ref().map_or("public", Ident::as_str);
    scene.now.objects().any(|(id, _)| match id {
        ObjectId::Table(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Sequence(name)
        | ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => {
            name.schema.as_str() != own && bare.contains(name.name.as_str())
        }
        _ => false,
    })
}

/// Whether a routine of this name and this body is there already, and is only made anew.
fn was_there(name: &QualifiedName, routine: &Routine, scene: &Scene<'_>) -> bool {
    routine.is_checked_text()
        && scene.context.from.objects.iter().any(|(id, object)| {
            let (ObjectId::Function { name: there, .. } | ObjectId::Procedure { name: there, .. }) =
                id
            else {
                return false;
            };
            let Object::Routine(before) = object else {
                return false;
            };
            there.name == name.name && before.body == routine.body
        })
}

/// What Postgres looks at in a body when the routine is made: the names, each with whether a schema or table stands
/// before it, and the star. Of PL/pgSQL that is what is declared; the rest only when the routine runs.
fn looked_at(routine: &Routine) -> Option<Vec<(String, bool)>> {
    let RoutineBody::Source(text) = &routine.body else {
        return None;
    };
    if !routine.is_checked_text() {
        return None;
    }
    let declared = routine.language == "plpgsql";
    let mut words = Vec::new();
    let mut qualified = false;
    for token in lex(text).take_while(|token| !declared || !token.is_word("begin")) {
        let word = match token.kind {
            TokenKind::Word => Some(token.text.to_lowercase()),
            TokenKind::QuotedName => {
                let inner = token.text.strip_prefix('"');
                let inner = inner.and_then(|inner| inner.strip_suffix('"'));
                inner.map(|inner| inner.replace("\"\"", "\""))
            }
            _ => (token.text == "*").then(|| "*".to_owned()),
        };
        words.extend(word.map(|word| (word, qualified)));
        qualified = token.text == ".";
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_names_become_literals() {
        let set = |name: &str, value: &str| {
            setting(&Setting {
                name: name.to_owned(),
                value: value.to_owned(),
            })
        };
        assert_eq!(
            set("search_path", "public, \"My \"\"S\", pg_temp"),
            "SET search_path TO 'public', 'My \"S', 'pg_temp'"
        );
        assert_eq!(set("search_path", "\"\""), "SET search_path TO ''");
        assert_eq!(set("work_mem", "4MB"), "SET work_mem TO '4MB'");
        assert_eq!(set("my.Setting", "it's"), "SET my.\"Setting\" TO 'it''s'");
    }
}
