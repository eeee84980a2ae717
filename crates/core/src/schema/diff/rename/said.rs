//! Renames as people say them: `users=people`, `users.email=mail`, `enum_value:mood.happy=glad`.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result, near};
use crate::name::Ident;
use crate::schema::Schema;
use crate::schema::diff::Renames;
use crate::schema::diff::rename::{Settled, holds, is_part};
use crate::schema::object::parse::{name_parts, quoted_part};
use crate::schema::object::{Object, ObjectId};

/// What an object was called and what it is called now. Which object that is, a schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameHint {
    /// The word for its kind, where it was said: `column`.
    kind: Option<String>,
    old: Vec<String>,
    new: Vec<String>,
    /// The types of a routine's arguments, where they were said.
    arguments: Option<String>,
    text: String,
}

impl FromStr for RenameHint {
    type Err = Error;

    /// Reads `old=new`. A name that is no plain lower-case one stands in double quotes; a kind may
    /// stand before it (`index:posts_title_idx=titles`). The new name may be the last part alone.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |told: &str| {
            Error::new(ErrorKind::Config, format!("`{text}` is no rename: {told}"))
                .with_hint("write it as `users=people`, `users.email=mail` or `index:a_idx=b_idx`")
        };
        let mut quoted = false;
        let at = text.char_indices().find(|(_, character)| {
            quoted ^= *character == '"';
            *character == '=' && !quoted
        });
        let Some((at, _)) = at else {
            return Err(wrong("it has no `=`"));
        };
        let (old, new) = (text[..at].trim(), text[at + 1..].trim());
        let kind_ends = old.find(':').filter(|end| {
            old[..*end]
                .chars()
                .all(|character| character.is_ascii_lowercase() || character == '_')
        });
        let (kind, old) = match kind_ends {
            Some(end) => (Some(old[..end].to_owned()), &old[end + 1..]),
            None => (None, old),
        };
        let mut quoted = false;
        let open = old.char_indices().find(|(_, character)| {
            quoted ^= *character == '"';
            *character == '(' && !quoted
        });
        let (old, arguments) = match open {
            Some((at, _)) => (&old[..at], old[at + 1..].strip_suffix(')')),
            None => (old, None),
        };
        let old = name_parts(old).map_err(|told| wrong(&told))?;
        let mut new = name_parts(new).map_err(|told| wrong(&told))?;
        // So that each side can be taken for the other.
        if let ([last], true) = (&new[..], old.len() > 1) {
            let last = last.clone();
            new.clone_from(&old);
            new.pop();
            new.push(last);
        }
        if new.len() != old.len() {
            return Err(wrong("the two names have not the same parts"));
        }
        Ok(Self {
            kind,
            old,
            new,
            arguments: arguments.map(str::to_owned),
            text: text.to_owned(),
        })
    }
}

impl RenameHint {
    /// The hint that one object has become another.
    pub fn of(old: &ObjectId, new: &ObjectId) -> Self {
        let text = old.to_string();
        let kind = text.split_once(':').map(|(kind, _)| kind.to_owned());
        Self {
            kind,
            old: path(old),
            new: path(new),
            arguments: arguments(old).map(str::to_owned),
            text: format!("{old}={new}"),
        }
    }

    /// The same hints for the way back. What a part is of is called by its new name there.
    #[must_use]
    pub fn reversed(hints: &[Self]) -> Vec<Self> {
        let back = |hint: &Self| {
            let mut old = hint.new.clone();
            if let Some((last, within)) = hint.new.split_last()
                && let Some(whole) = hints.iter().find(|whole| whole.old == within)
            {
                old = [&whole.new[..], std::slice::from_ref(last)].concat();
            }
            Self {
                old,
                new: hint.old.clone(),
                ..hint.clone()
            }
        };
        hints.iter().map(back).collect()
    }

    /// Who it is about among these.
    fn find<'a>(&self, there: &'a BTreeSet<ObjectId>, own: &Ident) -> Result<&'a ObjectId> {
        let fits = |id: &&ObjectId| {
            let kind = id.to_string();
            let kind = kind.split(':').next();
            self.kind.as_deref().is_none_or(|said| kind == Some(said))
                && self
                    .arguments
                    .as_deref()
                    .is_none_or(|said| arguments(id) == Some(said))
        };
        let is_named = |id: &&ObjectId| {
            let full = path(id);
            full == self.old
                || full.len() > 1 && full[0] == own.as_str() && full[1..] == self.old[..]
        };
        let found: Vec<&ObjectId> = there.iter().filter(fits).filter(is_named).collect();
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let error = Error::new(
                    ErrorKind::Config,
                    format!("`{}`: nothing was called so that can be renamed", self.text),
                );
                let known: Vec<String> = there
                    .iter()
                    .filter(fits)
                    .map(|id| path(id).join("."))
                    .collect();
                let wanted = self.old.join(".");
                let known = known.iter().map(String::as_str);
                Err(match near(&wanted, known).first() {
                    Some(close) => error.with_hint(format!("did you mean `{close}`?")),
                    None => error,
                })
            }
            several => {
                let several: Vec<String> = several.iter().map(|id| format!("`{id}`")).collect();
                Err(Error::new(
                    ErrorKind::Config,
                    format!("`{}` may be about {}", self.text, several.join(" or ")),
                )
                .with_hint("put the kind before the name: `index:old=new`"))
            }
        }
    }
}

/// The hints as renames of a schema; a name without its schema is one in `own`. `to` holds the new
/// ones.
///
/// # Errors
/// When a hint names nothing, or several, or its new name is nowhere.
pub fn resolve(
    hints: &[RenameHint],
    from: &Schema,
    own: &Ident,
    to: impl Fn(&ObjectId) -> bool,
) -> Result<Renames> {
    let mut renames = Renames::default();
    if hints.is_empty() {
        return Ok(renames);
    }
    let there = nameable(from);
    let mut found = Vec::new();
    for hint in hints {
        found.push((hint, hint.find(&there, own)?));
    }
    let mut wholes = Vec::new();
    for parts in [false, true] {
        for (hint, old) in found.iter().filter(|(_, old)| is_part(old) == parts) {
            let new = called(old, &hint.new, own).ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!("`{}` is no new name for `{old}`", hint.text),
                )
            })?;
            // A part is named under what holds it, as that is called now.
            let settled = wholes.iter().map(|(old, new)| Settled::one(old, new));
            let new = settled.fold(new, |new, settled| settled.id(new));
            if !to(&new) {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("`{}`: there is no `{new}` to become", hint.text),
                ));
            }
            if !parts {
                wholes.push(((*old).clone(), new.clone()));
            }
            renames.by_new.insert(new, (*old).clone());
        }
    }
    let settled = super::settle(from, &renames, &to).operations();
    match found.get(settled.len()) {
        None => Ok(renames),
        Some(_) => {
            let lost = found.iter().find(|(_, old)| {
                !settled.iter().any(|operation| {
                    renames
                        .by_new
                        .get(operation.id())
                        .is_some_and(|before| before == *old)
                })
            });
            let told = lost.map_or("", |(hint, _)| hint.text.as_str());
            Err(Error::new(
                ErrorKind::Config,
                format!(
                    "`{told}` cannot be carried out: the new name is taken, the kind has no rename, or it would be \
                     a move to another schema"
                ),
            ))
        }
    }
}

/// What may be renamed in a schema.
fn nameable(schema: &Schema) -> BTreeSet<ObjectId> {
    let mut there = BTreeSet::new();
    for (id, object) in &schema.objects {
        match (id, object) {
            (
                ObjectId::Comment(_)
                | ObjectId::ReplicaIdentity(_)
                | ObjectId::Cluster(_)
                | ObjectId::Typed(_),
                _,
            ) => continue,
            (ObjectId::Enum(ty), Object::Enum(object)) => {
                there.extend(object.values.iter().map(|value| ObjectId::EnumValue {
                    ty: ty.clone(),
                    value: value.clone(),
                }));
            }
            (ObjectId::Composite(ty), Object::Composite(object)) => {
                there.extend(
                    object
                        .attributes
                        .iter()
                        .map(|attribute| ObjectId::Attribute {
                            ty: ty.clone(),
                            name: attribute.name.clone(),
                        }),
                );
            }
            _ => {}
        }
        there.insert(id.clone());
    }
    debug_assert!(there.iter().all(|id| holds(schema, id)));
    there
}

fn arguments(id: &ObjectId) -> Option<&str> {
    match id {
        ObjectId::Function { arguments, .. }
        | ObjectId::Procedure { arguments, .. }
        | ObjectId::Aggregate { arguments, .. } => Some(arguments),
        _ => None,
    }
}

/// The names that lead to an object.
fn path(id: &ObjectId) -> Vec<String> {
    let name = match id {
        ObjectId::Function { name, .. }
        | ObjectId::Procedure { name, .. }
        | ObjectId::Aggregate { name, .. } => name,
        other => {
            let text = other.to_string();
            let names = text.split_once(':').map_or("", |(_, names)| names);
            return name_parts(names).unwrap_or_default();
        }
    };
    vec![name.schema.to_string(), name.name.to_string()]
}

/// The same object by another name.
fn called(id: &ObjectId, names: &[String], own: &Ident) -> Option<ObjectId> {
    let full = path(id).len();
    let mut names: Vec<String> = names.to_vec();
    if names.len() + 1 == full {
        names.insert(0, own.to_string());
    }
    let text = id.to_string();
    let (kind, _) = text.split_once(':')?;
    let names: Vec<String> = names.iter().map(|name| quoted_part(name)).collect();
    let arguments = arguments(id).map_or_else(String::new, |arguments| format!("({arguments})"));
    format!("{kind}:{}{arguments}", names.join("."))
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::diff::rename::perhaps;
    use crate::schema::diff::{diff, diff_back};
    use crate::schema::testing::{lawful, schema, words};

    #[track_caller]
    fn check(from: &str, to: &str, hints: &[&str], expected: &str) {
        let (from, to) = (schema(from), schema(to));
        let hints: Vec<RenameHint> = hints
            .iter()
            .map(|hint| hint.parse().expect("it is a hint"))
            .collect();
        let own = Ident::new("public").expect("a name");
        let renames = resolve(&hints, &from, &own, |id| holds(&to, id)).expect("they resolve");
        let operations = lawful(&from, &to, &renames);
        assert_eq!(words(&operations).trim_end(), expected);
        // And back by the same words.
        let back = RenameHint::reversed(&hints);
        let back = resolve(&back, &to, &own, |id| holds(&from, id)).expect("they resolve");
        assert_eq!(diff(&to, &from, &back), diff_back(&from, &to, &renames));
    }

    #[test]
    fn names_are_found_in_the_schema() {
        check(
            "table users\n  email text\n  index i email",
            "table people\n  mail text\n  index j mail",
            &["users=people", "users.email=mail", "index:public.i=j"],
            "rename table public.users to people\nrename index public.i to j\n\
             rename column public.people.email to mail",
        );
        check(
            "enum mood happy sad",
            "enum mood glad sad",
            &["mood.happy=glad"],
            "rename enum value public.mood.happy to glad",
        );
        check(
            "sequence S",
            "sequence s",
            &["\"S\"=\"s\""],
            "rename sequence public.\"S\" to s",
        );
    }

    #[test]
    fn a_schema_takes_along_what_is_in_it() {
        check(
            "schema shop\nenum shop.mood happy\ntable shop.t\n  a shop.mood\n  b bigint\n  primary t_pkey b",
            "schema store\nenum store.mood happy\ntable store.t\n  a store.mood\n  b bigint\n  primary t_pkey b",
            &["schema:shop=store"],
            "rename schema shop to store",
        );
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let from = schema("table t\n  a bigint\n  index t_a a\nenum mood happy");
        let to = schema("table t\n  b bigint");
        let own = Ident::new("public").expect("a name");
        for (hint, words) in [
            ("t.x=b", "nothing was called so"),
            ("t.a=c", "there is no `column:public.t.c` to become"),
            ("mood=t", "there is no `enum:public.t`"),
        ] {
            let hints = [hint.parse().expect("a hint")];
            let error = resolve(&hints, &from, &own, |id| holds(&to, id)).expect_err("it is wrong");
            assert!(error.to_string().contains(words), "{error}");
        }
        for text in ["a", "a=b.c", "T=t", "=b"] {
            RenameHint::from_str(text).expect_err("it is no hint");
        }
    }

    #[test]
    fn what_may_be_a_rename_is_found_where_there_is_one_of_each() {
        let check = |from: &str, to: &str, expected: &[(&str, &str)]| {
            let (from, to) = (schema(from), schema(to));
            let operations = lawful(&from, &to, &Renames::default());
            let found: Vec<(String, String)> = perhaps(&from, &to, &operations)
                .iter()
                .map(|(old, new)| (old.to_string(), new.to_string()))
                .collect();
            let expected: Vec<(String, String)> = expected
                .iter()
                .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
                .collect();
            assert_eq!(found, expected);
        };
        let table = ("table:public.t", "table:public.u");
        check("table t\n  a bigint", "table u\n  a bigint", &[table]);
        check("table t\n  a bigint", "table u\n  a bigint?", &[]);
        check(
            "table t\n  a bigint\ntable v\n  a bigint",
            "table u\n  a bigint",
            &[],
        );
        let column = ("column:public.t.a", "column:public.t.b");
        check("table t\n  a bigint", "table t\n  b bigint", &[column]);
        check("table t\n  a bigint", "table t\n  b text", &[]);
        check(
            "table t\n  a bigint",
            "table t\n  b bigint\n  c bigint",
            &[],
        );
        let value = ("enum_value:public.mood.sad", "enum_value:public.mood.low");
        check("enum mood sad glad", "enum mood low glad", &[value]);
        check("enum mood sad glad", "enum mood low fine", &[]);
    }
}
