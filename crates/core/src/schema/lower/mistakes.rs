//! The mistakes in a set of models, collected and told together.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, ErrorKind, Location, Result, near, on_one_line};
use crate::name::Ident;
use crate::schema::model::ModelTable;

/// A struct and where it stands, for messages.
pub(super) fn place(rust_name: &str, location: &Location) -> String {
    format!("`{rust_name}` ({location})")
}

/// The mistakes so far.
#[derive(Default)]
pub(super) struct Mistakes {
    told: Vec<(Location, String)>,
}

/// The mistakes of one struct or enum.
pub(super) struct Told<'a> {
    rust_name: &'a str,
    location: &'a Location,
    mistakes: &'a mut Mistakes,
}

impl Mistakes {
    /// To tell those of a model.
    pub(super) fn of<'a>(&'a mut self, model: &'a ModelTable) -> Told<'a> {
        self.at(&model.rust_name, &model.location)
    }

    pub(super) fn at<'a>(&'a mut self, rust_name: &'a str, location: &'a Location) -> Told<'a> {
        Told {
            rust_name,
            location,
            mistakes: self,
        }
    }

    /// All of them in one error.
    pub(super) fn finish(self) -> Result<()> {
        let mut told = self.told;
        told.dedup();
        let message = match told.as_slice() {
            [] => return Ok(()),
            [(_, only)] => only.clone(),
            all => {
                let lines = all
                    .iter()
                    .map(|(_, text)| format!("\n- {}", on_one_line(text)));
                let lines: Vec<String> = lines.collect();
                format!(
                    "there are {} mistakes in the models:{}",
                    all.len(),
                    lines.concat()
                )
            }
        };
        let error = Error::new(ErrorKind::Model, message);
        Err(match told.into_iter().next() {
            Some((location, _)) => error.with_location(location),
            None => error,
        })
    }
}

impl Told<'_> {
    /// One mistake.
    pub(super) fn add(&mut self, what: impl AsRef<str>) {
        let text = format!(
            "{}: {}",
            place(self.rust_name, self.location),
            what.as_ref()
        );
        self.mistakes.told.push((self.location.clone(), text));
    }

    /// Refuses hints that lead round in a circle, of new names to old ones: whether names that were
    /// swapped still are to be, nobody can see.
    pub(super) fn no_circle<'a>(&mut self, hints: &BTreeMap<&'a str, &'a str>) {
        let mut clear: BTreeSet<&str> = BTreeSet::new();
        for start in hints.keys() {
            let mut way = vec![*start];
            let mut name = *start;
            while let Some(before) = hints.get(name) {
                if clear.contains(before) {
                    break;
                }
                if before == start && way.len() > 1 {
                    self.add(format!(
                        "`{}` were each called as another of them is now: whether that is done already \
                         cannot be seen; write a revision by hand that swaps the names, by way of a \
                         third one, and leave out these `renamed_from`",
                        way.join("`, `")
                    ));
                    break;
                }
                if way.contains(before) {
                    break;
                }
                way.push(before);
                name = before;
            }
            clear.extend(way);
        }
    }

    /// A name, if Postgres can hold it.
    pub(super) fn name(&mut self, name: &str) -> Option<Ident> {
        match Ident::new(name) {
            Ok(name) => Some(name),
            Err(error) => {
                self.add(error.to_string());
                None
            }
        }
    }

    /// The columns of a table by name, if they are all there and none is there twice.
    pub(super) fn columns(
        &mut self,
        what: &str,
        names: &[String],
        model: &ModelTable,
    ) -> Option<Vec<Ident>> {
        let mut columns = Vec::with_capacity(names.len());
        let mut complete = true;
        for name in names {
            if !model.columns.iter().any(|column| column.name == *name) {
                let close = near(
                    name,
                    model.columns.iter().map(|column| column.name.as_str()),
                );
                let close = match close.first() {
                    Some(close) => format!("; did you mean `{close}`?"),
                    None => String::new(),
                };
                self.add(format!(
                    "{what} names the column `{name}`, which `{}` does not have{close}",
                    model.table
                ));
                complete = false;
                continue;
            }
            match Ident::new(name.as_str()) {
                Ok(name) if columns.contains(&name) => {
                    self.add(format!("{what} names the column `{name}` twice"));
                    complete = false;
                }
                Ok(name) => columns.push(name),
                // Told where the column is stated.
                Err(_) => complete = false,
            }
        }
        complete.then_some(columns)
    }
}
