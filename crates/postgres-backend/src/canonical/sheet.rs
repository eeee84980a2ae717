//! The questions, laid out on one temporary table for each table that they are about.
//!
//! The temporary table bears the name of the real one, and has the columns that it is to have. A
//! type is asked by the column itself. A default or a generating expression is asked by a column of
//! its own, a check or an index under a name of its own: what live has beside what the model states.

use std::collections::BTreeMap;

use limbeck_core::schema::lower::{Declared, DeclaredObject};
use limbeck_core::schema::object::{Column, Constraint, Expression, SqlType};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};

use super::answer::{Open, Rival};
use super::settle::{Part, Slot};

/// The name of the session's temporary schema.
const TEMPORARY: &str = "pg_temp";

/// All tables with all questions.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    pub(super) sheets: Vec<Sheet>,
}

/// One table.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The real one.
    pub(super) table: QualifiedName,
    /// The temporary one.
    pub(super) temporary: QualifiedName,
    /// What stands on it, in order: its columns first.
    pub(super) questions: Vec<Question>,
    /// How many of them are its columns.
    pub(super) columns: usize,
}

/// An object to be made and read back.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) id: ObjectId,
    pub(super) object: Object,
}

/// A place in the sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) sheet: usize,
    pub(super) question: usize,
}

/// Lays out what is open.
pub(super) fn lay_out(slots: Vec<Slot>, declared: &Declared, live: &Schema) -> (Sheets, Vec<Open>) {
    let mut layout = Layout {
        declared,
        live,
        by_table: BTreeMap::new(),
        sheets: Sheets::default(),
        prefix: free_prefix(declared, live),
        next: 0,
    };
    let open = slots
        .into_iter()
        .filter_map(|slot| layout.add(slot))
        .collect();
    (layout.sheets, open)
}

struct Layout<'a> {
    declared: &'a Declared,
    live: &'a Schema,
    by_table: BTreeMap<QualifiedName, usize>,
    sheets: Sheets,
    prefix: String,
    next: usize,
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
                self.ask_column(sheet, text, rival.as_ref(), ask)
            }
            Part::Generated { text, rival } => {
                let ask = |expression: &Expression| Column {
                    generated: Some(expression.clone()),
                    ..Column::of_type(column_type(&column))
                };
                self.ask_column(sheet, text, rival.as_ref(), ask)
            }
            Part::Wording { text: _, rivals } => {
                let object = match self.declared.objects.get(&slot.id)? {
                    DeclaredObject::Constraint(stated) => {
                        Object::Constraint(stated.constraint.clone())
                    }
                    DeclaredObject::Index(stated) => Object::Index(stated.index.clone()),
                    _ => return None,
                };
                let key = self.ask(sheet, object);
                let rivals = rivals
                    .iter()
                    .map(|(_, object)| Rival {
                        key: self.ask(sheet, object.clone()),
                        live: object.clone(),
                    })
                    .collect();
                (key, rivals)
            }
        };
        Some(Open {
            slot,
            key,
            rivals,
            refused: None,
        })
    }

    fn ask_column(
        &mut self,
        sheet: usize,
        text: &Expression,
        rival: Option<&Expression>,
        ask: impl Fn(&Expression) -> Column,
    ) -> (Key, Vec<Rival>) {
        let key = self.ask(sheet, Object::Column(ask(text)));
        let rivals = rival.map(|printed| {
            let live = Object::Column(ask(printed));
            Rival {
                key: self.ask(sheet, live.clone()),
                live,
            }
        });
        (key, rivals.into_iter().collect())
    }

    /// Puts an object on a sheet under a name of its own.
    fn ask(&mut self, sheet: usize, object: Object) -> Key {
        let name = Ident::new(format!("{}{}", self.prefix, self.next))
            .expect("a short prefix and a number are a name");
        self.next += 1;
        let Sheet {
            table: _,
            temporary,
            questions,
            columns: _,
        } = &mut self.sheets.sheets[sheet];
        let table = temporary.clone();
        let (id, object) = match object {
            Object::Constraint(constraint) => (
                ObjectId::Constraint { table, name },
                Object::Constraint(Constraint::of(constraint.kind)),
            ),
            Object::Index(mut index) => {
                let id = ObjectId::Index(QualifiedName::new(table.schema.clone(), name));
                index.table = table;
                index.storage = BTreeMap::new();
                (id, Object::Index(index))
            }
            other => (ObjectId::Column { table, name }, other),
        };
        questions.push(Question { id, object });
        Key {
            sheet,
            question: questions.len() - 1,
        }
    }

    /// The sheet of a table, made with its columns where there is none yet.
    fn sheet(&mut self, table: &QualifiedName) -> Option<usize> {
        if let Some(sheet) = self.by_table.get(table) {
            return Some(*sheet);
        }
        let temporary = QualifiedName::parse_parts(TEMPORARY, table.name.as_str()).ok()?;
        let mut names: Vec<&Ident> = Vec::new();
        let stated = self.declared.column_order.get(table).into_iter().flatten();
        for name in stated.chain(self.live.columns(table)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let questions: Vec<Question> = names
            .into_iter()
            .filter_map(|name| {
                let column = self.wanted(table, name)?;
                Some(Question {
                    id: ObjectId::Column {
                        table: temporary.clone(),
                        name: name.clone(),
                    },
                    object: Object::Column(column),
                })
            })
            .collect();
        let sheet = self.sheets.sheets.len();
        self.sheets.sheets.push(Sheet {
            table: table.clone(),
            temporary,
            columns: questions.len(),
            questions,
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
        let live = match self.live.get(&id) {
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

    fn column(&self, sheet: usize, name: &Ident) -> Option<(Key, SqlType)> {
        let Sheet {
            table: _,
            temporary: _,
            questions,
            columns,
        } = &self.sheets.sheets[sheet];
        questions[..*columns]
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
fn free_prefix(declared: &Declared, live: &Schema) -> String {
    let mut prefix = "limbeck_".to_owned();
    let names = || {
        declared
            .objects
            .keys()
            .chain(live.objects.keys())
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
