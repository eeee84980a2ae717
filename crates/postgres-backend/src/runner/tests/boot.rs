//! What a boot tells, what it insists on, and how long it may take.

use std::sync::Mutex;

use super::*;

/// Runs with an observer that writes down everything, and these options otherwise.
fn watch(
    fake: &mut Fake,
    bundle: BundleRun,
    mut options: RunOptions,
    fault: Fault<'_>,
) -> (Result<Report>, Vec<String>) {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let telling = Arc::clone(&told);
    options.observers.push(move |event| {
        telling.lock().unwrap().push(event.to_string());
    });
    let result = run(fake, bundle, options, fault);
    let told = told.lock().unwrap().clone();
    (result, told)
}

fn within(budget: u64) -> RunOptions {
    RunOptions {
        time_budget: Some(Duration::from_secs(budget)),
        ..RunOptions::default()
    }
}

#[test]
fn a_run_is_told_step_by_step() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let (report, told) = watch(&mut fake, bundle, RunOptions::default(), &mut quietly);
    assert_eq!(report.unwrap().revisions(), [id("b2"), id("c3")]);
    assert_eq!(
        told,
        [
            "reading the history table `public.limbeck_revision`",
            "to do: 2 revisions",
            "apply b2: 3 statements",
            "applied b2 (0 ms)",
            "apply c3: 0 statements",
            "applied c3 (0 ms)",
            "done: 2 revisions",
        ]
    );
}

#[test]
fn with_nothing_to_do_only_the_end_is_told_and_who_looks_tells_nothing() {
    let reading = "reading the history table `public.limbeck_revision`";
    for (action, expected) in [
        (Action::RunPending, vec![reading, "nothing was to be done"]),
        (Action::RequireCurrent, vec![]),
        (Action::Inspect, vec![]),
    ] {
        let bundle = bundle(chain(), action);
        let mut fake = Fake::new(&bundle).with(&["a1", "b2", "c3"]);
        let (report, told) = watch(&mut fake, bundle, RunOptions::default(), &mut quietly);
        assert_eq!(report.unwrap().bundles[0].status, Status::Current);
        assert_eq!(told, expected);
    }
}

#[test]
fn statements_beside_data_steps_are_told_one_by_one() {
    let bundle = with_data();
    let mut fake = Fake::new(&bundle);
    let (report, told) = watch(&mut fake, bundle, RunOptions::default(), &mut quietly);
    report.unwrap();
    let statements = told
        .iter()
        .filter(|line| line.contains("statement "))
        .count();
    assert!(statements > 0, "{told:?}");
    assert!(
        told.contains(&"a1: statement 1 of 1".to_owned()) || statements > 1,
        "{told:?}"
    );
}

#[test]
fn waiting_is_told_at_once_every_second_and_when_it_is_over() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
    let mut left = 25;
    let fault: Fault<'_> = &mut |request, fake| match request {
        Request::Rows(sql) if sql.contains("pg_try") && left > 0 => {
            left -= 1;
            Some(Answer::Rows(vec![fields(&["false"])]))
        }
        request if carries(request, "'c3'") && left == 25 => Some(Answer::Failed(coded("busy"))),
        Request::Sleep(_) => {
            fake.now += Duration::from_millis(100);
            Some(Answer::Done)
        }
        _ => None,
    };
    let (report, told) = watch(&mut fake, bundle, RunOptions::default(), fault);
    report.unwrap();
    let waiting = "another process is migrating, waiting for it: the process with pid 42 of role \
                   `them` (`psql`), for 7 s now";
    assert_eq!(
        told,
        [
            "reading the history table `public.limbeck_revision`",
            "to do: apply c3",
            "apply c3: 0 statements",
            waiting,
            &format!("{waiting}; waited 1 s so far"),
            &format!("{waiting}; waited 2 s so far"),
            "the lock is free after 2600 ms",
            "to do: apply c3",
            "apply c3: 0 statements",
            "applied c3 (0 ms)",
            "done: one revision",
        ]
    );
}

#[test]
fn a_failure_is_told_with_what_was_done() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let fault: Fault<'_> =
        &mut |request, _| carries(request, "'c3'").then(|| Answer::Failed(closed()));
    let mut options = RunOptions::default();
    let last: Arc<Mutex<Option<Event>>> = Arc::default();
    let telling = Arc::clone(&last);
    options.observers.push(move |event| {
        *telling.lock().unwrap() = Some(event.clone());
    });
    let error = run(&mut fake, bundle, options, fault).unwrap_err();
    let expected = Event::Failed {
        kind: ErrorKind::Connection,
        message: error.to_string(),
        applied: vec![id("b2")],
    };
    assert_eq!(last.lock().unwrap().clone(), Some(expected));
}

#[test]
fn who_requires_a_current_database_asks_one_statement_and_changes_nothing() {
    let bundle = bundle(chain(), Action::RequireCurrent);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2", "c3"]);
    check(&mut fake, &bundle, &["heads"]);

    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let report = check(&mut fake, &bundle, &["heads", "rows"]);
    assert_eq!(report.bundles[0].pending, [id("b2"), id("c3")]);
    assert_eq!(report.bundles[0].status, Status::Behind);

    // Nothing is there at all.
    let mut fake = Fake::new(&bundle);
    fake.table = false;
    let report = check(&mut fake, &bundle, &["absent", "standing"]);
    assert_eq!(report.bundles[0].pending.len(), 3);

    // Ahead of this program, as in a rolling deploy.
    let mut fake = Fake::new(&bundle).with(&["a1", "b2", "c3", "f00d"]);
    let report = check(&mut fake, &bundle, &["heads", "rows"]);
    assert_eq!(report.bundles[0].status, Status::Ahead);
}

#[test]
fn a_program_that_is_too_old_says_that_it_is_the_stale_one() {
    for action in [Action::RunPending, Action::RequireCurrent] {
        let bundle = bundle(chain(), action);
        let mut fake = Fake::new(&bundle).with(&["a1", "b2", "c3", "f00d"]);
        let fault: Fault<'_> = &mut |request, fake| match request {
            Request::Rows(sql) if sql.contains("h.content_digest") => {
                let rows = fake.applied.iter().map(|one| {
                    let mut row = fake.row(one);
                    if one.as_str() == "f00d" {
                        row[5] = Some("true".to_owned());
                    }
                    row
                });
                Some(Answer::Rows(rows.collect()))
            }
            _ => None,
        };
        let error = run(&mut fake, bundle, RunOptions::default(), fault).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale);
        assert_eq!(error.revision(), Some(&id("f00d")));
        assert_eq!(
            error.to_string(),
            "this program is too old for the database: the breaking revision `f00d` of `app` was \
             applied by a newer one"
        );
    }
}

#[test]
fn no_revision_starts_when_the_time_is_used_up() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    let fault: Fault<'_> = &mut |request, fake| {
        if carries(request, "'a1'") {
            fake.now += Duration::from_secs(31);
        }
        None
    };
    let error = run(&mut fake, bundle, within(30), fault).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        "the time budget of 30 s is used up: one revision is done, and `b2`, `c3` are not"
    );
    assert_eq!(error.applied(), [id("a1")]);
    assert_eq!(error.revision(), Some(&id("b2")));
    assert_eq!(fake.applied.len(), 1, "nothing else was sent");
}

#[test]
fn each_statement_may_take_what_is_left() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    let fault: Fault<'_> = &mut |request, fake| {
        if carries(request, "'a1'") {
            fake.now += Duration::from_secs(12);
        }
        None
    };
    run(&mut fake, bundle, within(30), fault).unwrap();
    let batch = fake.sent.iter().find(|sql| sql.contains("CREATE TABLE b3"));
    let limits = batch
        .unwrap()
        .matches("greatest(pg_catalog.ceil(18000 OPERATOR(pg_catalog.-) ")
        .count();
    assert_eq!(
        limits, 5,
        "one before each statement, the check and the history"
    );

    let mut unlimited = Fake::new(&super::bundle(chain(), Action::RunPending));
    let bundle = super::bundle(chain(), Action::RunPending);
    run(&mut unlimited, bundle, RunOptions::default(), &mut quietly).unwrap();
    assert!(!unlimited.sent.concat().contains("greatest("));
}

#[test]
fn a_revision_that_is_cut_off_is_told_with_what_postgres_said() {
    let cancelled = failure("canceling statement due to statement timeout");
    for (after, state, kind) in [
        (30, None, ErrorKind::Timeout),
        (31, Some("57014"), ErrorKind::Timeout),
        (31, Some("42P07"), ErrorKind::Sql),
        (29, None, ErrorKind::Sql),
    ] {
        let bundle = bundle(chain(), Action::RunPending);
        let mut fake = Fake::new(&bundle).with(&["a1"]);
        let fault: Fault<'_> = &mut |request, fake| {
            if !carries(request, "CREATE TABLE b3") {
                return None;
            }
            fake.now += Duration::from_secs(after);
            Some(Answer::Failed(DbFailure {
                sqlstate: state.map(str::to_owned),
                ..cancelled.clone()
            }))
        };
        let error = run(&mut fake, bundle, within(30), fault).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        if kind == ErrorKind::Timeout {
            assert_eq!(
                error.to_string(),
                "the time budget of 30 s is used up while `b2` was applied, of which nothing was \
                 kept: nothing is done, and `b2`, `c3` are not"
            );
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains("due to statement timeout"), "{source}");
            assert!(!fake.log.contains(&"diagnose"), "no time is left for that");
        }
    }
}

#[test]
fn waiting_for_another_process_counts() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
    let fault: Fault<'_> = &mut |request, _| match request {
        Request::Rows(sql) if sql.contains("pg_try") => {
            Some(Answer::Rows(vec![fields(&["false"])]))
        }
        request => carries(request, "'c3'").then(|| Answer::Failed(coded("busy"))),
    };
    let start = fake.now;
    let error = run(&mut fake, bundle, within(2), fault).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(
        error.to_string(),
        "the time budget of 2 s is used up while another process is migrating this database (the \
         process with pid 42 of role `them` (`psql`), for 7 s now): nothing is done, and `c3` is not"
    );
    assert_eq!(
        fake.now - start,
        Duration::from_secs(2),
        "and not a moment longer"
    );
}

#[test]
fn a_data_step_gets_what_is_left_too() {
    let bundle = with_data();
    let mut fake = Fake::new(&bundle);
    run(&mut fake, bundle, within(9), &mut quietly).unwrap();
    let limits = fake
        .sent
        .iter()
        .filter(|sql| sql.contains("ceil(9000 OPERATOR(pg_catalog.-) "));
    assert!(limits.count() >= 2, "{:?}", fake.sent);
    assert_eq!(fake.log.last(), Some(&"commit"));
}
