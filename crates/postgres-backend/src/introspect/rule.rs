//! Reads rules, and when rules and triggers fire.

use limbeck_core::schema::object::{Expression, Firing, Rule, RuleEvent};
use limbeck_core::token::lex;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{Found, REWRITE, parse, unreadable};

pub(super) const SQL: &str = include_str!("rule.sql");

#[derive(Deserialize)]
struct Row {
    oid: u32,
    schema: String,
    table: String,
    name: String,
    event: char,
    instead: bool,
    definition: String,
    firing: char,
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    let Row {
        oid,
        schema,
        table,
        name,
        event,
        instead,
        definition,
        firing: fires,
    } = parse(body)?;
    let (condition, action) =
        parts(&definition).ok_or_else(|| unreadable(format!("the rule `{definition}`")))?;
    let event = match event {
        '1' => RuleEvent::Select,
        '2' => RuleEvent::Update,
        '3' => RuleEvent::Insert,
        _ => RuleEvent::Delete,
    };
    let id = ObjectId::Rule {
        table: QualifiedName::parse_parts(&schema, &table)?,
        name: Ident::new(name)?,
    };
    found.stands_at(REWRITE, oid, 0, &id);
    found.put(
        id,
        Object::Rule(Rule {
            event,
            condition: condition.map(|text| Expression(text.to_owned())),
            instead,
            action: Expression(action.to_owned()),
            firing: firing(fires),
        }),
    );
    Ok(())
}

/// When something fires, by the letter that the catalog has for it.
pub(super) fn firing(letter: char) -> Firing {
    match letter {
        'D' => Firing::Disabled,
        'R' => Firing::Replica,
        'A' => Firing::Always,
        _ => Firing::Origin,
    }
}

/// The condition and the action of a rule. `TO`, `WHERE` and `DO` are reserved: where they stand
/// without quotes, they are these words and no names.
fn parts(definition: &str) -> Option<(Option<&str>, &str)> {
    let word_at = |word: &str, from: usize| {
        lex(definition)
            .find(|token| token.start >= from && token.is_word(word))
            .map(|token| (token.start, token.end()))
    };
    let (_, to) = word_at("to", 0)?;
    let (start, done) = word_at("do", to)?;
    let condition = word_at("where", to)
        .filter(|(_, end)| *end < start)
        .map(|(_, end)| definition[end..start].trim());
    let action = definition[done..].trim();
    let mut action = action.strip_suffix(';').unwrap_or(action).trim_end();
    if let Some(first) = lex(action).next()
        && first.is_word("instead")
    {
        action = action[first.end()..].trim_start();
    }
    Some((condition, action))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn a_rule_is_taken_apart() {
        let rule = "CREATE RULE \"do\" AS\n    ON INSERT TO s.\"where\"\n   \
                    WHERE (new.a = ' DO '::text) DO INSTEAD  INSERT INTO s.u (a)\n  VALUES (1);";
        assert_eq!(
            parts(rule).unwrap(),
            (
                Some("(new.a = ' DO '::text)"),
                "INSERT INTO s.u (a)\n  VALUES (1)"
            )
        );
        let rule = "CREATE RULE r AS\n    ON DELETE TO s.t DO ( DELETE FROM s.u\n  WHERE true;\n NOTIFY x;\n);";
        assert_eq!(
            parts(rule).unwrap(),
            (None, "( DELETE FROM s.u\n  WHERE true;\n NOTIFY x;\n)")
        );
        assert_eq!(
            parts("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;").unwrap(),
            (None, "NOTHING")
        );
    }
}
