//! How long a large schema takes; run by hand, optimised: `cargo test --release -p limbeck-core
//! --lib -- --ignored --nocapture`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::schema::Schema;
use crate::schema::diff::{Renames, diff};
use crate::schema::overlay::{Base, overlay};
use crate::schema::testing::{declared, lawful, renames, schema};

/// A thousand tables of 8 columns with a key, a foreign key, a check and two indexes each.
fn large(change: impl Fn(usize, &str) -> String) -> Schema {
    let mut text = String::new();
    for number in 0..1000 {
        let parent = number / 2;
        let mut table = format!("table t{number}\n  id bigint identity\n  parent bigint?\n");
        for column in 'a'..'g' {
            writeln!(table, "  {column} text?").expect("memory can be written to");
        }
        write!(
            table,
            "  primary t{number}_pkey id
  foreign t{number}_parent_fkey parent t{parent}(id)
  check t{number}_a_check a<>'' reads a
  index t{number}_a_idx a
  index t{number}_b_idx b
"
        )
        .expect("memory can be written to");
        text.push_str(&change(number, &table));
    }
    schema(&text)
}

fn timed<T>(what: &str, mut act: impl FnMut() -> T) -> T {
    let (mut least, mut last) = (Duration::MAX, None);
    for _ in 0..5 {
        let start = Instant::now();
        last = Some(act());
        least = least.min(start.elapsed());
    }
    println!("{what}: {least:?}");
    last.expect("it ran")
}

#[test]
#[ignore = "a measurement"]
fn a_thousand_tables() {
    let from = large(|_, table| table.to_owned());
    let to = large(|number, table| match number % 100 {
        7 => table.replace("  a text?", "  a text"),
        // A column goes, and a generated one comes with an index.
        8 => table.replace(
            "  f text?",
            "  n bigint? generated id+1 reads id\n  index n n",
        ),
        _ => table.to_owned(),
    });
    let none = Renames::default();
    let hints = renames(&[("table:public.u7", "table:public.t7")]);
    let renamed = large(|number, table| match number {
        7 => table.replacen("table t7", "table u7", 1),
        14 | 15 => table.replace(" t7(id)", " u7(id)"),
        _ => table.to_owned(),
    });
    println!("{} objects", from.objects.len());
    assert_eq!(timed("no change", || diff(&from, &from, &none)), []);
    let operations = timed("changes", || diff(&from, &to, &none));
    println!("  {} operations", operations.len());
    timed("a rename", || diff(&from, &renamed, &hints));
    timed("all created", || diff(&Schema::new(), &from, &none));
    timed("all dropped", || diff(&from, &Schema::new(), &none));
    let models = declared(&from, none.clone());
    let base = Base {
        schema: from.clone(),
        generated: from.objects.keys().cloned().collect(),
    };
    timed("overlay", || overlay(&from, Some(&base), &models));
    timed("laws", || lawful(&from, &to, &none));
}
