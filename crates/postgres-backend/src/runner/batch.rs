//! Text that travels in one message, with the places of a revision's statements in it.
//!
//! A batch without `BEGIN` is one implicit transaction: it is wholly done or not at all, and after a
//! failure nothing is owed. Positions that Postgres reports count characters in the whole text.

use super::failure::At;
use super::script::Numbered;

/// A batch being written.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    sql: String,
    characters: usize,
    marks: Vec<Mark<'a>>,
}

#[derive(Debug)]
struct Mark<'a> {
    start: usize,
    end: usize,
    statement: &'a Numbered,
}

impl<'a> Batch<'a> {
    /// Adds text of ours, which ends its own statements.
    pub(super) fn own(&mut self, sql: &str) {
        self.push(sql);
        self.push("\n");
    }

    /// Adds a `DO` block of a body.
    pub(super) fn block(&mut self, body: &str) {
        self.own(&block(body));
    }

    /// Adds a statement of the revision.
    pub(super) fn statement(&mut self, statement: &'a Numbered) {
        let start = self.characters;
        self.push(&statement.text);
        self.marks.push(Mark {
            start,
            end: self.characters,
            statement,
        });
        // On a line of its own: the statement may end in a comment.
        self.push("\n;\n");
    }

    /// The text.
    pub(super) fn sql(&self) -> String {
        self.sql.clone()
    }

    /// The statement at a position (in characters, from one) of the text.
    pub(super) fn at(&self, position: u32) -> Option<At<'a>> {
        let position = usize::try_from(position).ok()?.checked_sub(1)?;
        self.marks
            .iter()
            // A syntax error at the end of the input stands right behind the last character.
            .find(|mark| mark.start <= position && position <= mark.end + 1)
            .map(|mark| At {
                statement: mark.statement,
                offset: Some(position.min(mark.end) - mark.start),
            })
    }

    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
        self.characters += sql.chars().count();
    }
}

/// A `DO` block around a body, quoted by a tag that the body does not hold.
pub(super) fn block(body: &str) -> String {
    let tag = dollar_tag(body);
    format!("DO {tag}\nDECLARE limbeck_rows bigint;\nBEGIN\n{body}END\n{tag};")
}

/// A dollar tag that a text does not hold.
pub(super) fn dollar_tag(text: &str) -> String {
    let mut number = 0_u32;
    loop {
        let tag = if number == 0 {
            "$limbeck$".to_owned()
        } else {
            format!("$limbeck{number}$")
        };
        if !text.contains(tag.trim_end_matches('$')) {
            return tag;
        }
        number += 1;
    }
}
