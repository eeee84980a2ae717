//! The questions, laid out on one temporary table for each table that they are about.
//!
//! The temporary table bears the name of the real one, and has the columns that it is to have. A
//! type is asked by the column itself. A default or a generating expression is asked by a column of
//! its own, a check or an index under a name of its own: what live has beside what the model states.
//!
//! Where a model renames, the table is made under the old names, what live has is put on it, and
//! then the renames are carried out: so Postgres itself renames in the text of expressions.

use std::collections::BTreeMap;

use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::schema::object::{Column, Constraint, Expression, SqlType};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::answer::{Open, Rival};
use super::past::Past;
use super::settle::{Part, Slot};

/// The name of the session's temporary schema.
const TEMPORARY: &str = "pg_temp";

/// All tables with all questions.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    pub(super) sheets: Vec<Sheet>,
    prefix: String,
    next: usize,
}

/// One table.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The real one.
    pub(super) table: QualifiedName,
    /// The temporary one, as it is called in the end.
    pub(super) temporary: QualifiedName,
    /// The temporary one, as it is called until the renames.
    pub(super) made_as: QualifiedName,
    /// Columns to be renamed: from, to, in an order that can be run.
    pub(super) renamed: Vec<(Ident, Ident)>,
    /// What stands on it: its columns first.
    pub(super) questions: Vec<Question>,
    /// How many of them are its columns.
    pub(super) columns: usize,
    /// Whether a column has an enum under its old name: then a text that is new is not to be
    /// taken from here.
    pub(super) old_enums: bool,
}

/// An object to be made and read back.
#[derive(Debug)]
pub(super) struct Question {
    /// Who it is in the end.
    pub(super) id: ObjectId,
    /// Who it is when it is made.
    pub(super) made_as: ObjectId,
    pub(super) object: Object,
    /// Whether it is made before the renames.
    pub(super) old: bool,
}

/// A place in the sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) sheet: usize,
    pub(super) question: usize,
}

/// Lays out what is open.
pub(super) fn lay_out(
    slots: Vec<Slot>,
    declared: &Declared,
    past: &Past<'_>,
) -> (Sheets, Vec<Open>) {
    let mut layout = Layout {
        declared,
        past,
        by_table: BTreeMap::new(),
        sheets: Sheets {
            prefix: free_prefix(declared, past),
            ..Sheets::default()
        },
    };
    let open = slots
        .into_iter()
        .filter_map(|slot| layout.add(slot))
        .collect();
    (layout.sheets, open)
}

impl Sheets {
    /// Puts an object on a sheet under a name of its own.
    pub(super) fn ask(&mut self, sheet: usize, object: Object, old: bool) -> Key {
        let name = Ident::new(format!("{}{}", self.prefix, self.next))
            .expect("a short prefix and a number are a name");
        self.next += 1;
        let number = sheet;
        let sheet = &mut self.sheets[number];
        let table = if old {
            &sheet.made_as
        } else {
            &sheet.temporary
        };
        let on = |table: &QualifiedName, object: &Object| match object {
            Object::Constraint(_) => ObjectId::Constraint {
                table: table.clone(),
                name: name.clone(),
            },
            Object::Index(_) => {
                ObjectId::Index(QualifiedName::new(table.schema.clone(), name.clone()))
            }
            _ => ObjectId::Column {
                table: table.clone(),
                name: name.clone(),
            },
        };
        let object = match object {
            Object::Constraint(constraint) => Object::Constraint(Constraint::of(constraint.kind)),
            Object::Index(mut index) => {
                index.table.clone_from(table);
                index.storage = BTreeMap::new();
                Object::Index(index)
            }
            other => other,
        };
        let question = Question {
            id: on(&sheet.temporary, &object),
            made_as: on(table, &object),
            object,
            old,
        };
        sheet.questions.push(question);
        Key {
            sheet: number,
            question: sheet.questions.len() - 1,
        }
    }
}

struct Layout<'a> {
    declared: &'a Declared,
    past: &'a Past<'a>,
    by_table: BTreeMap<QualifiedName, usize>,
    sheets: Sheets,
}

impl Layout<'_> {
    fn add(&mut self, slot: Slot) -> Option<Open> {
        let table = match (&slot.id, self.declared.objects.get(&slot.id)?) {
            (_, DeclaredObject::Index(stated)) => stated.index.table.clone(),
            (id, _) => id.table()?.clone(),
        };
        let sheet = self.sheet(&table)?;
        let column = match &slot.id {
            ObjectId::Column { name, .. } => self.column(sheet, name),
            _ => None,
        };
        let (key, rivals) = match &slot.part {
            Part::Type => (column?.0, Vec::new()),
            Part::Default { text, rival } => {
                let ask = |expression: &Expression| Column {
                    default: Some(expression.clone()),
                    ..Column::of_type(column_type(&column))
                };
                let before = match self.past.object(&slot.id) {
                    Some(Object::Column(before)) => before.default.as_ref(),
                    _ => None,
                };
                self.ask_column(sheet, text, before.zip(rival.as_ref()), ask)
            }
            Part::Generated { text, rival } => {
                let ask = |expression: &Expression| Column {
                    generated: Some(expression.clone()),
                    ..Column::of_type(column_type(&column))
                };
                let before = match self.past.object(&slot.id) {
                    Some(Object::Column(before)) => before.generated.as_ref(),
                    _ => None,
                };
                self.ask_column(sheet, text, before.zip(rival.as_ref()), ask)
            }
            Part::Wording { text: _, rivals } => {
                let object = match self.declared.objects.get(&slot.id)? {
                    DeclaredObject::Constraint(stated) => {
                        Object::Constraint(stated.constraint.clone())
                    }
                    DeclaredObject::Index(stated) => Object::Index(stated.index.clone()),
                    _ => return None,
                };
                let key = self.sheets.ask(sheet, object, false);
                let rivals = rivals.iter().filter_map(|id| {
                    Some(Rival {
                        key: self.sheets.ask(sheet, self.past.object(id)?.clone(), true),
                        live: self.past.carried.get(id)?.clone(),
                    })
                });
                (key, rivals.collect())
            }
        };
        Some(Open {
            slot,
            key,
            rivals,
            refused: None,
        })
    }

    /// `rival` is what live has, under the old names and under the new ones.
    fn ask_column(
        &mut self,
        sheet: usize,
        text: &Expression,
        rival: Option<(&Expression, &Expression)>,
        ask: impl Fn(&Expression) -> Column,
    ) -> (Key, Vec<Rival>) {
        let key = self.sheets.ask(sheet, Object::Column(ask(text)), false);
        let rivals = rival.map(|(before, now)| Rival {
            key: self.sheets.ask(sheet, Object::Column(ask(before)), true),
            live: Object::Column(ask(now)),
        });
        (key, rivals.into_iter().collect())
    }

    /// The sheet of a table, made with its columns where there is none yet.
    fn sheet(&mut self, table: &QualifiedName) -> Option<usize> {
        if let Some(sheet) = self.by_table.get(table) {
            return Some(*sheet);
        }
        let temporary = QualifiedName::parse_parts(TEMPORARY, table.name.as_str()).ok()?;
        let made_as = match self.past.old(&ObjectId::Table(table.clone())) {
            ObjectId::Table(old) => QualifiedName::new(temporary.schema.clone(), old.name.clone()),
            _ => temporary.clone(),
        };
        let renamed = self.past.renamed_columns(table).to_vec();
        let mut names: Vec<&Ident> = Vec::new();
        let stated = self.declared.column_order.get(table).into_iter().flatten();
        for name in stated.chain(self.past.carried.columns(table)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut old_enums = false;
        let mut questions = Vec::with_capacity(names.len());
        for name in names {
            let Some(mut column) = self.wanted(table, name) else {
                continue;
            };
            old_enums |= self.under_old_name(&mut column.sql_type);
            let old = renamed.iter().find(|(_, new)| new == name);
            questions.push(Question {
                id: ObjectId::Column {
                    table: temporary.clone(),
                    name: name.clone(),
                },
                made_as: ObjectId::Column {
                    table: made_as.clone(),
                    name: old.map_or(name, |(old, _)| old).clone(),
                },
                object: Object::Column(column),
                old: true,
            });
        }
        let sheet = self.sheets.sheets.len();
        self.sheets.sheets.push(Sheet {
            table: table.clone(),
            temporary,
            made_as,
            renamed,
            columns: questions.len(),
            questions,
            old_enums,
        });
        self.by_table.insert(table.clone(), sheet);
        Some(sheet)
    }

    /// A column as it is to be, as far as an expression over it can see.
    fn wanted(&self, table: &QualifiedName, name: &Ident) -> Option<Column> {
        let id = ObjectId::Column {
            table: table.clone(),
            name: name.clone(),
        };
        let live = match self.past.carried.get(&id) {
            Some(Object::Column(column)) => Some(column),
            _ => None,
        };
        let (sql_type, collation) = match (self.declared.objects.get(&id), live) {
            (Some(DeclaredObject::Column(stated)), live) => (
                stated.sql_type.clone(),
                stated.collation.clone().or_else(|| live?.collation.clone()),
            ),
            (_, Some(live)) => (live.sql_type.clone(), live.collation.clone()),
            (_, None) => return None,
        };
        Some(Column {
            collation,
            ..Column::of_type(sql_type)
        })
    }

    /// The database knows a renamed enum by its old name.
    fn under_old_name(&self, sql_type: &mut SqlType) -> bool {
        let SqlType::Named { name, .. } = sql_type else {
            return false;
        };
        match self.past.old(&ObjectId::Enum(name.clone())) {
            ObjectId::Enum(old) if old != name => {
                *name = old.clone();
                true
            }
            _ => false,
        }
    }

    fn column(&self, sheet: usize, name: &Ident) -> Option<(Key, SqlType)> {
        let sheet_columns = &self.sheets.sheets[sheet];
        sheet_columns.questions[..sheet_columns.columns]
            .iter()
            .enumerate()
            .find_map(|(question, asked)| match (&asked.id, &asked.object) {
                (ObjectId::Column { name: there, .. }, Object::Column(column)) if there == name => {
                    Some((Key { sheet, question }, column.sql_type.clone()))
                }
                _ => None,
            })
    }
}

fn column_type(column: &Option<(Key, SqlType)>) -> SqlType {
    match column {
        Some((_, sql_type)) => sql_type.clone(),
        None => SqlType::Builtin("text".to_owned()),
    }
}

/// What no column and no table begins with.
fn free_prefix(declared: &Declared, past: &Past<'_>) -> String {
    let mut prefix = "limbeck_".to_owned();
    let names = || {
        declared
            .objects
            .keys()
            .chain(past.live.objects.keys())
            .filter_map(|id| match id {
                ObjectId::Column { name, .. } => Some(name),
                ObjectId::Table(name) => Some(&name.name),
                _ => None,
            })
    };
    while prefix.len() < 32 && names().any(|name| name.as_str().starts_with(&prefix)) {
        prefix.push('_');
    }
    prefix
}
