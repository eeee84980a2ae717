//! The command line as it is seen: what is typed, what it answers, and its exit code, in `tests/transcripts`.
//!
//! A line that begins with `$` is typed; below it stand the results behind `> `, what goes to stderr behind `! `, and an
//! exit code other than 0 behind `= `. `put FILE TEXT` writes a file, with `\n` for the end of a line, and `sql TEXT` runs a
//! statement; `app …` is a program with models. `LIMBECK_BLESS=1` writes the answers down.

use std::fs;
use std::path::Path;

use crate::project::Project;
use crate::support::TestDatabase;

/// The words of a line, as a shell takes them apart that knows single quotes alone.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// Without what is another thing each time: durations, dates, folders of this run.
fn settled(text: &str, project: &Project, database: &TestDatabase) -> String {
    let folder = project.path("").display().to_string();
    let text = text.replace(folder.trim_end_matches('/'), "PROJECT");
    let text = text.replace(&database.url(), "URL");
    let words = text.split_inclusive([' ', '\n', '(', '"', '/']);
    let mut settled: Vec<String> = Vec::new();
    for word in words {
        let body = word.trim_end_matches([' ', '\n', '(', '"', '/', ',', ')', ':']);
        let rest = &word[body.len()..];
        let digits = body.bytes().filter(u8::is_ascii_digit).count();
        let is_time = digits >= 12 && body.contains(':') && body.contains('.');
        let is_date = body.len() >= 17
            && body.starts_with("20")
            && body.as_bytes()[4] == b'-'
            && digits >= 14;
        let is_number = !body.is_empty() && digits == body.len();
        if is_time {
            // Of a date and a time, the date stands before it.
            settled.pop();
            settled.push(format!("DATE{rest}"));
        } else if is_date {
            let behind = body
                .get(17..)
                .filter(|_| body.as_bytes()[10] == b'-')
                .unwrap_or("");
            settled.push(format!("DATE{behind}{rest}"));
        } else if body == "ms"
            && settled
                .last()
                .is_some_and(|last| last.trim().parse::<u64>().is_ok())
        {
            settled.pop();
            settled.push(format!("N ms{rest}"));
        } else if is_number && settled.last().is_some_and(|last| last.contains("duration")) {
            settled.push(format!("N{rest}"));
        } else {
            settled.push(word.to_owned());
        }
    }
    settled.concat()
}

fn answered(text: &str, models: &str) -> String {
    let database = TestDatabase::new();
    let project = Project::new(&database.url());
    // A folder is called by its identifier alone, without the date.
    let config = project.read("limbeck.toml");
    let named = "[revisions]\nfile_template = \"{id}\"";
    project.write("limbeck.toml", &config.replace("[revisions]", named));
    let mut answered = String::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            answered.push_str(&format!("{line}\n"));
        }
        let Some(typed) = line.strip_prefix("$ ") else {
            continue;
        };
        answered.push_str(&format!("{line}\n"));
        let words = words(typed);
        let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let told = match words[0].as_str() {
            "put" => {
                project.write(Path::new(arguments[0]), &arguments[1].replace("\\n", "\n"));
                continue;
            }
            "sql" => {
                database.execute(arguments[0]);
                continue;
            }
            "app" => project.program(models, &arguments),
            "limbeck" => project.limbeck(&arguments),
            other => panic!("`{other}` is none of the words"),
        };
        let told_out = settled(&told.stdout, &project, &database);
        let told_err = settled(&told.stderr, &project, &database);
        for line in told_out.lines() {
            answered.push_str(format!("> {line}").trim_end());
            answered.push('\n');
        }
        for line in told_err.lines() {
            answered.push_str(format!("! {line}").trim_end());
            answered.push('\n');
        }
        if told.code != 0 {
            answered.push_str(&format!("= {}\n", told.code));
        }
    }
    answered
}

fn check(name: &str, models: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).expect("the transcript");
    let answers = answered(&text, models);
    if std::env::var_os("LIMBECK_BLESS").is_some() {
        fs::write(&path, &answers).expect("the transcript is written");
        return;
    }
    let first = text
        .lines()
        .zip(answers.lines())
        .find(|(one, other)| one != other);
    assert!(text == answers, "{name}: {first:?}\n{answers}");
}

#[test]
fn every_command_has_its_help() {
    check("help", "none");
}

#[test]
fn one_line_of_revisions() {
    check("line", "one");
}

#[test]
fn branches_and_merges() {
    check("branches", "none");
}

#[test]
fn models_and_drift() {
    check("models", "one");
}

#[test]
fn what_is_typed_wrongly() {
    check("mistakes", "none");
}
