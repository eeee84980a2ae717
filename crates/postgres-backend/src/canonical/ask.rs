//! Asking: the sheets made in the session's temporary schema, read back, and rolled back.
//!
//! Every object is made in a block of its own, so that one that is refused spoils no other, and all
//! that is wrong is known at once. What was refused comes back in a setting that is local to the
//! transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::pg::Pg;
use diesel::sql_types::{Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Error, ErrorKind, Object, Result, Schema};

use super::sheet::{Key, Question, Sheet, Sheets};
use crate::aside::{OF_POSTGRES, PLAIN, Snapshot, undone};
use crate::ddl::{Context, render};
use crate::error::database_error;
use crate::introspect::{Target, about, read};
use crate::quote::{Naming, ident, literal};

/// What Postgres said of something that it would not make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) sqlstate: String,
    pub(super) message: String,
    pub(super) detail: Option<String>,
    pub(super) hint: Option<String>,
    /// Whether it was not the thing itself, but the table that it was to stand on.
    pub(super) of_table: bool,
}

/// What came of each question.
#[derive(Debug, Default)]
pub(super) struct Answers {
    answers: BTreeMap<Key, std::result::Result<Object, Refusal>>,
}

impl Answers {
    pub(super) fn get(&self, key: Key) -> Option<&std::result::Result<Object, Refusal>> {
        self.answers.get(&key)
    }
}

/// Asks some of the questions.
pub(super) fn ask<C>(connection: &mut C, sheets: &Sheets, which: &BTreeSet<Key>) -> Result<Answers>
where
    C: LoadConnection<Backend = Pg>,
{
    let mut answers = Answers::default();
    // Tables of one name in several schemas cannot stand in one temporary schema; nor can one beside another that is
    // called so until it is renamed.
    let mut left: Vec<usize> = which.iter().map(|key| key.sheet).collect();
    left.dedup();
    while !left.is_empty() {
        let mut names = BTreeSet::new();
        let (now, later): (Vec<usize>, Vec<usize>) = left.into_iter().partition(|sheet| {
            let Sheet {
                temporary, made_as, ..
            } = &sheets.sheets[*sheet];
            let both = [&temporary.name, &made_as.name];
            let free = !both.iter().any(|name| names.contains(name));
            names.extend(both.into_iter().filter(|_| free));
            free
        });
        let now: Vec<(usize, &Sheet)> = now
            .into_iter()
            .map(|sheet| (sheet, &sheets.sheets[sheet]))
            .collect();
        ask_together(connection, &now, which, &mut answers)?;
        left = later;
    }
    Ok(answers)
}

fn ask_together<C>(
    connection: &mut C,
    sheets: &[(usize, &Sheet)],
    which: &BTreeSet<Key>,
    answers: &mut Answers,
) -> Result<()>
where
    C: LoadConnection<Backend = Pg>,
{
    let batch = batch(sheets, which);
    let about = about(connection)?;
    let (found, refused) = undone(connection, |connection| {
        connection
            .batch_execute(&batch)
            .map_err(|error| database_error(error, "expressions were put to the database"))?;
        let refused = refused(connection)?;
        let found =
            read::<C, DefaultLoadingMode>(connection, &about, Target::Temporary, Snapshot::Each)?;
        Ok((found.schema, refused))
    })?;
    for (number, sheet) in sheets {
        note(*number, sheet, which, &found, &refused, answers);
    }
    Ok(())
}

/// What came of the questions of a sheet.
fn note(
    number: usize,
    sheet: &Sheet,
    which: &BTreeSet<Key>,
    found: &Schema,
    refused: &BTreeMap<String, Refusal>,
    answers: &mut Answers,
) {
    let Sheet {
        questions, columns, ..
    } = sheet;
    let table = refused.get(&table_key(number)).map(|refusal| Refusal {
        of_table: true,
        ..refusal.clone()
    });
    let missing_column = (0..*columns).find_map(|question| {
        refused.get(&question_key(Key {
            sheet: number,
            question,
        }))
    });
    for (question, Question { id, .. }) in questions.iter().enumerate() {
        let key = Key {
            sheet: number,
            question,
        };
        if !is_asked(key, sheet, which) {
            continue;
        }
        let answer = match (refused.get(&question_key(key)), found.get(id)) {
            (None, Some(object)) => Ok(object.clone()),
            (None, None) => Err(Refusal {
                sqlstate: String::new(),
                message: "it was made and is not there".to_owned(),
                detail: None,
                hint: None,
                of_table: false,
            }),
            // That a column could not be made says why it is missing.
            (Some(refusal), _) => Err(match (&table, missing_column) {
                (Some(table), _) => table.clone(),
                (None, Some(column)) if refusal.sqlstate == "42703" => column.clone(),
                (None, _) => refusal.clone(),
            }),
        };
        answers.answers.insert(key, answer);
    }
}

/// The columns of a table stand on its sheet whatever is asked there.
fn is_asked(key: Key, sheet: &Sheet, which: &BTreeSet<Key>) -> bool {
    key.question < sheet.columns || which.contains(&key)
}

fn table_key(sheet: usize) -> String {
    format!("t{sheet}")
}

fn question_key(key: Key) -> String {
    let Key { sheet, question } = key;
    format!("q{sheet}.{question}")
}

/// The statement that makes everything, whatever is refused.
fn batch(sheets: &[(usize, &Sheet)], which: &BTreeSet<Key>) -> String {
    let mut steps: Vec<String> = Vec::new();
    let mut step = |key: &str, sheet: &Sheet, sql: &str| {
        steps.push(format!(
            "({}, {}, {}, {})",
            steps.len(),
            literal(key),
            literal(sheet.table.schema.as_str()),
            literal(sql)
        ));
    };
    let naming = Naming::everywhere();
    for (number, sheet) in sheets {
        let Sheet {
            table: _,
            temporary,
            made_as,
            renamed,
            questions,
            columns: _,
            old_enums: _,
        } = sheet;
        // Temporary tables of the session's own come back with the rollback.
        let (now, before) = (naming.qualified(temporary), naming.qualified(made_as));
        let make =
            format!("DROP TABLE IF EXISTS {before}, {now} CASCADE; CREATE TABLE {before} ()");
        step(&table_key(*number), sheet, &make);
        for old in [true, false] {
            for (question, asked) in questions.iter().enumerate() {
                let key = Key {
                    sheet: *number,
                    question,
                };
                if asked.old == old && is_asked(key, sheet, which) {
                    step(&question_key(key), sheet, &creation(asked));
                }
            }
            if !old {
                continue;
            }
            for (at, (from, to)) in renamed.iter().enumerate() {
                let (from, to) = (ident(from), ident(to));
                let sql = format!("ALTER TABLE {before} RENAME COLUMN {from} TO {to}");
                step(&format!("r{number}.{at}"), sheet, &sql);
            }
            if temporary != made_as {
                let sql = format!("ALTER TABLE {before} RENAME TO {}", ident(&temporary.name));
                step(&table_key(*number), sheet, &sql);
            }
        }
    }
    let body = format!(
        "DECLARE
  step record;
  refused pg_catalog.jsonb := '{{}}';
  path pg_catalog.text := pg_catalog.ltrim(pg_catalog.concat(
    pg_catalog.current_setting('search_path'), ', pg_temp'), ', ');
  message pg_catalog.text;
  detail pg_catalog.text;
  hint pg_catalog.text;
BEGIN
  FOR step IN SELECT * FROM (VALUES
{}
  ) AS steps (number, key, schema, sql) ORDER BY number LOOP
    BEGIN
      PERFORM pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ',
        pg_catalog.quote_ident(step.schema), path), true);
      EXECUTE step.sql;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
        hint = PG_EXCEPTION_HINT;
      refused := pg_catalog.jsonb_set(refused, ARRAY[step.key], pg_catalog.jsonb_build_array(
        SQLSTATE, message, detail, hint));
    END;
  END LOOP;
  PERFORM pg_catalog.set_config('limbeck.refused', refused::pg_catalog.text, true);
END",
        steps.join(",\n")
    );
    let tag = dollar_tag(&body);
    // What is read afterwards is read as by `under_own_path`; what is written means the same in every session.
    format!("{PLAIN};\nDO {tag}\n{body}\n{tag};\n{OF_POSTGRES}")
}

/// The SQL that makes a question's object.
fn creation(question: &Question) -> String {
    let nothing = Schema::new();
    let naming = Naming::verbatim();
    let context = Context {
        from: &nothing,
        to: &nothing,
        naming: &naming,
    };
    let operation = Operation::Create {
        id: question.made_as.clone(),
        object: question.object.clone(),
    };
    let sql: Vec<String> = render(&[operation], &context)
        .into_iter()
        .map(|statement| statement.sql)
        .collect();
    sql.join(";\n")
}

/// A dollar quote that a text does not hold.
fn dollar_tag(text: &str) -> String {
    (0_u32..)
        .map(|number| format!("$limbeck{number}$"))
        .find(|tag| !text.contains(tag.as_str()))
        .expect("a text of finite length does not hold every number")
}

fn refused<C>(connection: &mut C) -> Result<BTreeMap<String, Refusal>>
where
    C: LoadConnection<Backend = Pg>,
{
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        refused: Option<String>,
    }

    let Row { refused } =
        sql_query("SELECT pg_catalog.current_setting('limbeck.refused', true) AS refused")
            .get_result(connection)
            .map_err(|error| database_error(error, "its answers were read"))?;
    let refused: BTreeMap<String, [String; 4]> =
        serde_json::from_str(refused.as_deref().unwrap_or_default()).map_err(|error| {
            Error::new(
                ErrorKind::Sql,
                "the database does not tell which expressions it refused",
            )
            .with_source(error)
        })?;
    let some = |text: String| (!text.is_empty()).then_some(text);
    Ok(refused
        .into_iter()
        .map(|(key, [sqlstate, message, detail, hint])| {
            let refusal = Refusal {
                sqlstate,
                message,
                detail: some(detail),
                hint: some(hint),
                of_table: false,
            };
            (key, refusal)
        })
        .collect())
}
