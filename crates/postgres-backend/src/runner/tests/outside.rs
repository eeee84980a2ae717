//! Revisions outside of a transaction.

use super::*;

const UP: &str = "CREATE INDEX CONCURRENTLY i ON a (b); CREATE TABLE b ()";

fn index() -> BundleRun {
    bundle(
        vec![sql("a1", &[], "CREATE TABLE a ()"), sql("b2", &["a1"], UP)],
        Action::RunPending,
    )
}

/// The digest that a row has where these statements were reached.
fn reached(statements: &[&str]) -> String {
    let text: String = statements.iter().map(|one| format!("{one}\n;\n")).collect();
    sql_digest(&text).to_string()
}

fn half(fake: &mut Fake, number: &str, statements: &[&str]) {
    fake.half = Some((id("b2"), reached(statements), number.to_owned()));
}

const BUILD: &str = "CREATE INDEX CONCURRENTLY i ON a (b)";

#[test]
fn it_is_claimed_goes_statement_by_statement_and_lets_the_lock_go() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let mut whole = false;
    let fault: Fault<'_> = &mut |request, fake| {
        if matches!(request, Request::Batch(sql) if sql == BUILD) {
            whole = true;
            fake.index = "whole";
        }
        None
    };
    let report = super::run(&mut fake, bundle, RunOptions::default(), fault).unwrap();
    assert!(whole);
    let log = [
        "heads", "rows", "standing", "take", "held", "claim", "settings", "begun", "probe",
        "settings", "batch", "settings", "probe", "note", "note", "up", "release",
    ];
    assert_eq!(fake.log, log);
    assert_eq!(report.revisions(), [id("b2")]);
    // What cannot run in a transaction is alone in its message.
    assert!(fake.sent.iter().any(|sql| sql == BUILD));
}

#[test]
fn who_is_dropped_owes_the_lock() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let mut runner = Runner::new(RunRequest {
        bundles: vec![bundle],
        options: RunOptions::default(),
    });
    let mut answer = Answer::Start(Surroundings::default());
    let mut owed = Vec::new();
    loop {
        let request = runner.next(fake.now, answer);
        owed.push(runner.owed().is_some());
        if let Request::Done(_) = request {
            break;
        }
        answer = fake.answer(&request);
        if fake.log.last() == Some(&"batch") {
            fake.index = "whole";
        }
    }
    let from = fake.log.iter().position(|one| *one == "take").unwrap();
    for (number, owed) in owed.into_iter().enumerate() {
        let within = number >= from && number < fake.log.len();
        assert_eq!(owed, within, "{number}: {:?}", fake.log);
    }
}

#[test]
fn another_session_behind_the_next_message_is_refused_before_the_claim() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let mut looks = 0;
    let fault: Fault<'_> = &mut |request, _| match request {
        Request::Rows(sql) if sql.starts_with("SELECT ARRAY[pg_catalog.pg_backend_pid()") => {
            Some(Answer::Rows(vec![fields(&["43", "false"])]))
        }
        Request::Rows(sql) if sql.contains("pg_advisory_unlock") => {
            looks += 1;
            let gone = (looks == 3).to_string();
            Some(Answer::Rows(vec![fields(&[&gone])]))
        }
        _ => None,
    };
    let error = super::run(&mut fake, bundle, RunOptions::default(), fault).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("in transaction mode"), "{error}");
    assert_eq!(looks, 3);
    assert_eq!(fake.log, ["heads", "rows", "standing", "take"]);
}

#[test]
fn what_had_begun_is_not_run_again_where_the_catalog_has_it() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    fake.index = "whole";
    half(&mut fake, "-1", &[BUILD]);
    super::run(&mut fake, bundle, RunOptions::default(), &mut quietly).unwrap();
    let log = [
        "heads", "rows", "standing", "take", "held", "batch", "settings", "probe", "note", "note",
        "up", "release",
    ];
    assert_eq!(fake.log, log);
    assert!(!fake.sent.iter().any(|sql| sql == BUILD));
}

#[test]
fn what_is_half_built_is_dropped_first() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    fake.index = "half";
    half(&mut fake, "-1", &[BUILD]);
    let fault: Fault<'_> = &mut |request, fake| {
        match request {
            Request::Batch(sql) if sql.starts_with("DROP INDEX CONCURRENTLY") => {
                fake.index = "absent";
            }
            Request::Batch(sql) if sql == BUILD => fake.index = "whole",
            _ => {}
        }
        None
    };
    super::run(&mut fake, bundle, RunOptions::default(), fault).unwrap();
    let built: Vec<&str> = fake
        .sent
        .iter()
        .map(String::as_str)
        .filter(|sql| sql.contains("CONCURRENTLY") && !sql.contains("statement_reached"))
        .collect();
    assert_eq!(built, ["DROP INDEX CONCURRENTLY IF EXISTS public.i", BUILD]);
}

#[test]
fn what_was_edited_since_is_not_gone_on_with() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    half(
        &mut fake,
        "1",
        &["CREATE INDEX CONCURRENTLY other ON a (b)"],
    );
    let error = super::run(&mut fake, bundle, RunOptions::default(), &mut quietly).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tampered);
    assert_eq!(
        fake.log,
        ["heads", "rows", "standing", "take", "held", "release"]
    );
}

#[test]
fn its_owner_is_waited_for_without_a_transaction() {
    let bundle = index();
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let mut looks = 0;
    let fault: Fault<'_> = &mut |request, fake| match request {
        Request::Rows(sql) if sql.contains("pg_try_advisory_lock(") => {
            Some(Answer::Rows(vec![fields(&["false", "42"])]))
        }
        Request::Rows(sql) if sql.starts_with("SELECT ARRAY[(EXISTS") => {
            looks += 1;
            if looks == 3 {
                fake.applied.insert(id("b2"));
            }
            Some(Answer::Rows(vec![fields(&[&(looks < 3).to_string()])]))
        }
        _ => None,
    };
    let report = super::run(&mut fake, bundle, RunOptions::default(), fault).unwrap();
    assert!(report.is_nothing());
    let log = [
        "heads", "rows", "standing", "holder", "sleep", "sleep", "rows",
    ];
    assert_eq!(fake.log, log);
}
