//! Expressions that Postgres prints in two ways, and that are the same to it.
//!
//! One spelling is known to change when Postgres reads what it printed: a cast of a whole array,
//! `(ARRAY[a, b])::text[]`, which is what `x IN ('a', 'b')` over a `varchar` becomes. When that is read, the cast
//! goes to the elements (`transformArrayExpr` in src/backend/parser/parse_expr.c), and is printed there from then
//! on. So a database that was loaded from its own dump would seem to be another one.

use std::borrow::Cow;

use limbeck_core::schema::object::{
    Check, ConstraintKind, Exclude, Expression, IndexKey, RoutineBody,
};
use limbeck_core::token::{Token, TokenKind, lex};
use limbeck_core::{Object, ObjectId, Schema};

/// What `to` wants, with what `from` has where the two differ in such a spelling alone.
pub(crate) fn take<'a>(from: &Schema, to: &'a Schema) -> Cow<'a, Schema> {
    let alike: Vec<(&ObjectId, &Object)> = to
        .objects
        .iter()
        .filter_map(|(id, wanted)| Some((id, from.get(id)?, wanted)))
        .filter(|(_, present, wanted)| present != wanted && is_alike(present, wanted))
        .map(|(id, present, _)| (id, present))
        .collect();
    if alike.is_empty() {
        return Cow::Borrowed(to);
    }
    let mut taken = to.clone();
    for (id, present) in alike {
        taken.objects.insert(id.clone(), present.clone());
    }
    Cow::Owned(taken)
}

fn is_alike(one: &Object, other: &Object) -> bool {
    let mut both = [one.clone(), other.clone()];
    let mut any = false;
    for object in &mut both {
        for Expression(text) in expressions(object) {
            if text.contains("(ARRAY[") {
                any = true;
                *text = settled(text);
            }
        }
    }
    let [one, other] = both;
    any && one == other
}

/// The expressions of an object that Postgres prints.
fn expressions(object: &mut Object) -> Vec<&mut Expression> {
    match object {
        Object::Column(column) => column
            .default
            .iter_mut()
            .chain(&mut column.generated)
            .collect(),
        Object::Constraint(constraint) => match &mut constraint.kind {
            ConstraintKind::Check(Check { expression, .. }) => vec![expression],
            ConstraintKind::Exclude(Exclude {
                elements,
                predicate,
                ..
            }) => elements
                .iter_mut()
                .filter_map(|element| keyed(&mut element.element.key))
                .chain(predicate)
                .collect(),
            _ => Vec::new(),
        },
        Object::Index(index) => index
            .elements
            .iter_mut()
            .filter_map(|element| keyed(&mut element.key))
            .chain(&mut index.predicate)
            .collect(),
        Object::Domain(domain) => domain.default.iter_mut().collect(),
        Object::DomainConstraint(constraint) => vec![&mut constraint.expression],
        Object::Policy(policy) => policy.using.iter_mut().chain(&mut policy.check).collect(),
        Object::Statistics(statistics) => statistics.expressions.iter_mut().collect(),
        Object::PublicationTable(table) => table.filter.iter_mut().collect(),
        Object::Trigger(trigger) => trigger.condition.iter_mut().collect(),
        Object::Rule(rule) => rule
            .condition
            .iter_mut()
            .chain([&mut rule.action])
            .collect(),
        Object::View(view) => vec![&mut view.query],
        Object::MaterializedView(view) => vec![&mut view.query],
        Object::Routine(routine) => {
            let body = match &mut routine.body {
                RoutineBody::Sql(body) => Some(body),
                _ => None,
            };
            let parameters = routine.parameters.iter_mut();
            parameters
                .filter_map(|parameter| parameter.default.as_mut())
                .chain(body)
                .collect()
        }
        _ => Vec::new(),
    }
}

fn keyed(key: &mut IndexKey) -> Option<&mut Expression> {
    match key {
        IndexKey::Expression(expression) => Some(expression),
        IndexKey::Column(_) => None,
    }
}

fn settled(text: &str) -> String {
    let tokens: Vec<Token<'_>> = lex(text).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match cast_array(&tokens[at..]) {
            Some((elements, ty, length)) => {
                let elements: Vec<String> = elements
                    .iter()
                    .map(|element| format!("({element})::{ty}"))
                    .collect();
                out.push_str(&format!("ARRAY[{}]", elements.join(", ")));
                at += length;
            }
            None => {
                out.push_str(token.text);
                at += 1;
            }
        }
    }
    out
}

/// The elements, the type of each, and the tokens of the cast array that a list of tokens begins with.
fn cast_array(tokens: &[Token<'_>]) -> Option<(Vec<String>, String, usize)> {
    let begins = tokens.iter().map(|token| token.text);
    if !begins.take(3).eq(["(", "ARRAY", "["]) {
        return None;
    }
    let mut elements = vec![String::new()];
    let mut depth = 0_usize;
    let mut at = 3;
    loop {
        let token = tokens.get(at)?;
        match token.text {
            "]" if depth == 0 => break,
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            "ARRAY" => return None,
            "," if depth == 0 => {
                elements.push(String::new());
                at += 1;
                continue;
            }
            _ => {}
        }
        elements.last_mut()?.push_str(token.text);
        at += 1;
    }
    let follows = tokens[at..].iter().map(|token| token.text);
    if !follows.take(3).eq(["]", ")", "::"]) {
        return None;
    }
    at += 3;
    let mut ty = String::new();
    while let Some(token) = tokens.get(at) {
        let of_type = match token.kind {
            TokenKind::Word | TokenKind::QuotedName | TokenKind::Space | TokenKind::Number => true,
            _ => matches!(token.text, "." | "(" | ")" | ","),
        };
        if !of_type {
            break;
        }
        ty.push_str(token.text);
        at += 1;
    }
    let ends = tokens[at..].iter().map(|token| token.text);
    let array = ends.clone().take(2).eq(["[", "]"]) && ends.clone().nth(2) != Some("[");
    let elements: Vec<String> = elements.iter().map(|one| one.trim().to_owned()).collect();
    (array && !ty.is_empty() && elements.iter().all(|element| !element.is_empty())).then_some((
        elements,
        ty,
        at + 2,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_of_an_array_goes_to_its_elements() {
        for (text, expected) in [
            (
                "((s)::text = ANY ((ARRAY['a'::character varying, 'b,]'::character varying])::text[]))",
                "((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b,]'::character varying)::text]))",
            ),
            (
                "(x && (ARRAY[lower(y, 1), \"Z\"])::public.\"D e\"[]) AND (ARRAY[1, 2])::numeric(10,2)[] = z",
                "(x && ARRAY[(lower(y, 1))::public.\"D e\", (\"Z\")::public.\"D e\"]) AND \
                 ARRAY[(1)::numeric(10,2), (2)::numeric(10,2)] = z",
            ),
            ("(ARRAY[1, 2])[1]", "(ARRAY[1, 2])[1]"),
            ("(ARRAY[ARRAY[1]])::text[]", "(ARRAY[ARRAY[1]])::text[]"),
            ("(ARRAY[1, 2])::text", "(ARRAY[1, 2])::text"),
            ("'(ARRAY[1])::text[]'::text", "'(ARRAY[1])::text[]'::text"),
            ("(ARRAY[1", "(ARRAY[1"),
        ] {
            assert_eq!(settled(text), expected);
        }
    }
}
