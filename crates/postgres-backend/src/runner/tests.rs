//! The runner fed with answers: no database, no connection, no time.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use limbeck_core::revision::{DIGEST_VERSION, sql_digest};
use limbeck_core::{DatabaseError, Revision, Script, SqlMigration};

use super::*;
use crate::quote::bare::bare;

mod boot;
mod outside;

/// A database that knows which revisions are applied, and answers the runner's own statements.
/// Faults are put in front of it.
struct Fake {
    graph: RevisionGraph,
    table: bool,
    applied: BTreeSet<RevisionId>,
    now: Instant,
    /// What was asked, a word each.
    log: Vec<&'static str>,
    /// The texts of batches and queries.
    sent: Vec<String>,
    in_transaction: bool,
    standing: [&'static str; 3],
    /// Whether the connection is gone: for good.
    lost: bool,
    /// A revision that is half applied, with the digest and the number that its row has.
    half: Option<(RevisionId, String, String)>,
    /// What is found of an index.
    index: &'static str,
}

/// What a fault does with a request: an answer of its own, or nothing.
type Fault<'a> = &'a mut dyn FnMut(&Request, &mut Fake) -> Option<Answer>;

fn id(text: &str) -> RevisionId {
    RevisionId::new(text).unwrap()
}

fn sql(name: &str, parents: &[&str], up: &str) -> SqlMigration {
    let mut revision = Revision::new(id(name), sql_digest(up));
    revision.parents = parents.iter().map(|parent| id(parent)).collect();
    revision.directory = name.to_owned();
    SqlMigration {
        revision,
        up: up.to_owned().into(),
        down: Some(format!("DROP TABLE {name}").into()),
    }
}

fn chain() -> Vec<SqlMigration> {
    vec![
        sql("a1", &[], "CREATE TABLE a ()"),
        sql(
            "b2",
            &["a1"],
            "CREATE TABLE b ();\n\nCREATE TABLE b2 ();\n  CREATE TABLE b3 ()",
        ),
        sql("c3", &["b2"], "-- nothing but a comment"),
    ]
}

fn bundle(migrations: Vec<SqlMigration>, action: Action) -> BundleRun {
    let mut bundle = Bundle::new("app");
    bundle.migrations = migrations
        .into_iter()
        .map(|one| Arc::new(one) as Arc<dyn Migration>)
        .collect();
    BundleRun::new(&bundle, action).unwrap()
}

fn fields(values: &[&str]) -> Fields {
    values
        .iter()
        .map(|value| Some((*value).to_owned()))
        .collect()
}

fn failure(message: &str) -> DbFailure {
    DbFailure {
        message: message.to_owned(),
        ..DbFailure::default()
    }
}

fn coded(code: &str) -> DbFailure {
    DbFailure {
        constraint: Some(format!("limbeck:{code}")),
        ..failure(code)
    }
}

fn closed() -> DbFailure {
    DbFailure {
        kind: FailureKind::Closed,
        ..failure("server closed the connection")
    }
}

impl Fake {
    fn new(run: &BundleRun) -> Self {
        Self {
            graph: (*run.graph).clone(),
            table: true,
            applied: BTreeSet::new(),
            now: Instant::now(),
            log: Vec::new(),
            sent: Vec::new(),
            in_transaction: false,
            standing: ["", "off", "false"],
            lost: false,
            half: None,
            index: "absent",
        }
    }

    fn with(mut self, applied: &[&str]) -> Self {
        self.applied = applied.iter().map(|one| id(one)).collect();
        self
    }

    fn heads(&self) -> Vec<RevisionId> {
        limbeck_core::revision::plan::heads_of(&self.graph, &self.applied)
            .into_iter()
            .collect()
    }

    fn row(&self, revision: &RevisionId) -> Fields {
        let known = self.graph.get(revision).cloned();
        let known = known.unwrap_or_else(|| Revision::new(revision.clone(), sql_digest("?")));
        let parents: Vec<&str> = known.parents.iter().map(RevisionId::as_str).collect();
        let chain = self.graph.chain_digest(revision).unwrap_or(sql_digest("?"));
        let is_head = self.heads().contains(revision) || !self.graph.contains(revision);
        fields(&[
            "app",
            "public",
            revision.as_str(),
            &parents.join(" "),
            &is_head.to_string(),
            &known.breaking.to_string(),
            &known.content.to_string(),
            &chain.to_string(),
            &DIGEST_VERSION.to_string(),
            "",
            "2026-01-01",
            "5",
            "me",
            "applied",
            "1",
            "true",
        ])
    }

    fn answer(&mut self, request: &Request) -> Answer {
        match request {
            Request::Rows(sql) => {
                assert_eq!(bare(sql), [""; 0], "{sql}");
                self.sent.push(sql.clone());
                self.rows(sql)
            }
            Request::Batch(sql) => {
                assert_eq!(bare(sql), [""; 0], "{sql}");
                self.sent.push(sql.clone());
                self.batch(sql)
            }
            Request::Begin => self.done("begin"),
            Request::Commit => self.done("commit"),
            Request::Rollback => self.done("rollback"),
            Request::Call(..) | Request::CallAsync(..) => {
                self.log.push("call");
                Answer::Called(Ok(()))
            }
            Request::Sleep(duration) => {
                self.now += *duration;
                self.done("sleep")
            }
            Request::Report(notice) => {
                notice.deliver();
                Answer::Done
            }
            Request::Done(_) => unreachable!("nobody answers the end"),
        }
    }

    fn done(&mut self, word: &'static str) -> Answer {
        self.log.push(word);
        Answer::Done
    }

    fn rows(&mut self, sql: &str) -> Answer {
        let (word, rows) = if sql.contains("has_schema_privilege") {
            let table = self.table.to_string();
            let comment = if self.table {
                "limbeck: history, format 1"
            } else {
                ""
            };
            let [lacking, read_only, standby] = self.standing;
            let mut row = fields(&[
                "true", &table, comment, "true", "true", "true", "true", lacking, "me", "db",
                read_only, standby, "none", "0", "0", "public", "", "", "",
            ]);
            row.push(None);
            row.push(Some("on".to_owned()));
            row.push(None);
            row.push(None);
            row[2] = row[2].take().filter(|comment| !comment.is_empty());
            ("standing", vec![row])
        } else if sql.contains("ARRAY[EXISTS") {
            ("exists", vec![fields(&[&self.table.to_string()])])
        } else if sql.contains("pg_try_advisory_lock(") {
            ("take", vec![fields(&["true", "42"])])
        } else if sql.starts_with("SELECT ARRAY[pg_catalog.pg_backend_pid()") {
            ("held", vec![fields(&["42", "true"])])
        } else if sql.starts_with("SELECT ARRAY[(EXISTS") {
            ("taken", vec![fields(&["false"])])
        } else if sql.contains("pg_stat_progress_create_index") {
            let mut row = fields(&[self.index, "public.i"]);
            row.push(None);
            ("probe", vec![row])
        } else if sql.contains("pg_locks") {
            ("holder", vec![fields(&["42", "them", "psql", "7"])])
        } else if sql.contains("pg_try_advisory") {
            ("try", vec![fields(&["true"])])
        } else if sql.contains("pg_sequence_last_value") {
            ("sequence", vec![vec![None]])
        } else if !self.table {
            self.log.push("absent");
            return Answer::Failed(failure("relation does not exist"));
        } else if sql.contains("h.down_sql]") {
            ("down", vec![fields(&["DROP TABLE d"])])
        } else if sql.contains("WHERE h.is_head") {
            let row = |head: &RevisionId| {
                let chain = self.graph.chain_digest(head).unwrap_or(sql_digest("?"));
                let version = DIGEST_VERSION.to_string();
                let chain = chain.to_string();
                let mut row = fields(&[
                    "app",
                    "public",
                    head.as_str(),
                    &chain,
                    &version,
                    "applied",
                    "true",
                ]);
                row.push(None);
                row.push(None);
                row
            };
            let known = self.heads();
            let unknown = self
                .applied
                .iter()
                .filter(|one| !self.graph.contains(one))
                .cloned();
            (
                "heads",
                known
                    .into_iter()
                    .chain(unknown)
                    .map(|head| row(&head))
                    .collect(),
            )
        } else {
            let applied = self.applied.iter().map(|one| self.row(one));
            let half = self.half.iter().map(|(id, content, reached)| {
                let mut row = self.row(id);
                row[4] = Some("false".to_owned());
                row[6] = Some(content.clone());
                row[13] = Some("running".to_owned());
                row[14] = Some(reached.clone());
                row
            });
            ("rows", applied.chain(half).collect())
        };
        self.log.push(word);
        Answer::Rows(rows)
    }

    fn batch(&mut self, sql: &str) -> Answer {
        if sql.contains("no failure") {
            self.log.push("diagnose");
            return Answer::Failed(failure("limbeck: no failure"));
        }
        if sql.contains("CREATE TABLE IF NOT EXISTS") {
            self.table = true;
            return self.done("create");
        }
        if sql.contains("SEQUENCE") {
            return self.done("temp");
        }
        if sql.contains("pg_advisory_unlock") {
            return self.done("release");
        }
        for (part, word) in [
            ("'running', 0", "claim"),
            ("SET statement_reached = (-", "begun"),
            ("SET statement_reached", "note"),
        ] {
            if sql.contains(part) {
                return self.done(word);
            }
        }
        if sql.starts_with("SELECT pg_catalog.set_config")
            && !sql.contains("DO $")
            && sql.contains(", false)")
        {
            return self.done("settings");
        }
        let names: Vec<RevisionId> = self.graph.order().map(|one| one.id.clone()).collect();
        let mut word = "batch";
        for name in names {
            if sql.contains(&format!("VALUES ('app', 'public', '{name}'")) {
                self.applied.insert(name);
                word = "up";
            } else if let Some((_, rest)) = sql.split_once("DELETE FROM")
                && rest
                    .split(';')
                    .next()
                    .is_some_and(|one| one.contains(&format!("['{name}']")))
            {
                self.applied.remove(&name);
                word = "down";
            }
        }
        self.done(word)
    }
}

/// Runs to the end, faults first.
fn run(fake: &mut Fake, run: BundleRun, options: RunOptions, fault: Fault<'_>) -> Result<Report> {
    let mut runner = Runner::new(RunRequest {
        bundles: vec![run],
        options,
    });
    let mut answer = Answer::Start(Surroundings {
        in_transaction: fake.in_transaction,
        connection: true,
        async_connection: false,
        inner_positions: false,
        seed: 7,
    });
    for _ in 0..1000 {
        let request = runner.next(fake.now, answer);
        if let Request::Done(result) = request {
            return result;
        }
        answer = match fault(&request, fake) {
            Some(answer) => {
                let closed = FailureKind::Closed;
                fake.lost |= matches!(&answer, Answer::Failed(one) if one.kind == closed);
                answer
            }
            None if fake.lost && !matches!(request, Request::Report(_)) => Answer::Failed(closed()),
            None => fake.answer(&request),
        };
    }
    panic!("it never ends: {:?}", fake.log);
}

fn quietly(_: &Request, _: &mut Fake) -> Option<Answer> {
    None
}

#[track_caller]
fn check(fake: &mut Fake, bundle: &BundleRun, log: &[&str]) -> Report {
    let report = run(fake, bundle.clone(), RunOptions::default(), &mut quietly).unwrap();
    assert_eq!(fake.log, log);
    report
}

/// The requests that carry a revision's statements.
fn carries(request: &Request, text: &str) -> bool {
    matches!(request, Request::Batch(sql) if sql.contains(text) && !sql.contains("no failure"))
}

#[test]
fn nothing_to_do_is_one_statement() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2", "c3"]);
    let report = check(&mut fake, &bundle, &["heads"]);
    assert!(report.is_nothing());
    assert_eq!(report.to_string(), "nothing to do: app is at c3 (head)");
}

#[test]
fn no_revisions_and_no_table_is_nothing_to_do() {
    let bundle = bundle(Vec::new(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    fake.table = false;
    check(&mut fake, &bundle, &["absent", "standing"]);
}

#[test]
fn a_fresh_database_takes_one_message_a_revision() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    fake.table = false;
    let log = [
        "absent", "standing", "create", "temp", "up", "up", "up", "temp",
    ];
    let report = check(&mut fake, &bundle, &log);
    assert_eq!(report.revisions(), [id("a1"), id("b2"), id("c3")]);
    assert_eq!(report.bundles[0].status, Status::Current);
}

#[test]
fn a_caller_s_transaction_is_asked_first_and_left_to_the_caller() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
    fake.in_transaction = true;
    let log = [
        "exists", "heads", "rows", "standing", "begin", "batch", "try", "batch", "up", "commit",
    ];
    check(&mut fake, &bundle, &log);
    assert!(!fake.sent.iter().any(|sql| sql.contains("ISOLATION")));
    assert!(
        fake.sent
            .iter()
            .any(|sql| sql.contains("set_config('lock_timeout', '0', true)"))
    );
}

#[test]
fn the_lock_is_polled_and_the_history_read_again() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
    let (mut refused, mut tries) = (0, 0);
    let fault: Fault<'_> = &mut |request, fake| match request {
        request if carries(request, "'c3'") && refused == 0 => {
            refused += 1;
            fake.log.push("busy");
            Some(Answer::Failed(coded("busy")))
        }
        Request::Rows(sql) if sql.contains("pg_try") && tries < 2 => {
            tries += 1;
            fake.log.push("held");
            Some(Answer::Rows(vec![fields(&["false"])]))
        }
        _ => None,
    };
    run(&mut fake, bundle, RunOptions::default(), fault).unwrap();
    let log = [
        "heads", "rows", "standing", "busy", "holder", "sleep", "held", "sleep", "held", "sleep",
        "try", "rows", "up",
    ];
    assert_eq!(fake.log, log);
}

#[test]
fn refused_twice_it_waits_inside_a_transaction() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
    let mut refused = 0;
    let fault: Fault<'_> = &mut |request, fake| {
        if carries(request, "'c3'") && carries(request, "'limbeck:busy'") {
            refused += 1;
            fake.log.push("busy");
            return Some(Answer::Failed(coded("busy")));
        }
        None
    };
    run(&mut fake, bundle, RunOptions::default(), fault).unwrap();
    let log = [
        "heads", "rows", "standing", "busy", "holder", "sleep", "try", "rows", "busy", "sleep",
        "try", "rows", "begin", "batch", "try", "batch", "up", "commit",
    ];
    assert_eq!(fake.log, log);
}

#[test]
fn a_wait_that_is_over_says_who_holds_the_lock() {
    for wait in [LockWait::Fail, LockWait::For(Duration::from_millis(250))] {
        let bundle = bundle(chain(), Action::RunPending);
        let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
        let fault: Fault<'_> = &mut |request, _| match request {
            Request::Rows(sql) if sql.contains("pg_try") => {
                Some(Answer::Rows(vec![fields(&["false"])]))
            }
            request => carries(request, "'c3'").then(|| Answer::Failed(coded("busy"))),
        };
        let options = RunOptions {
            lock_wait: wait,
            ..RunOptions::default()
        };
        let error = run(&mut fake, bundle, options, fault).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        let text = error.to_string();
        assert!(
            text.contains("pid 42 of role `them` (`psql`), for 7 s"),
            "{text}"
        );
    }
}

#[test]
fn what_another_replica_did_is_not_done_again() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    let fault: Fault<'_> = &mut |request, fake| {
        if carries(request, "CREATE TABLE b3") && fake.applied.len() == 1 {
            fake.applied.extend([id("b2"), id("c3")]);
            return Some(Answer::Failed(coded("moved")));
        }
        None
    };
    let report = run(&mut fake, bundle, RunOptions::default(), fault).unwrap();
    assert!(report.is_nothing());
    assert_eq!(report.bundles[0].status, Status::Current);
}

#[test]
fn a_history_that_moves_and_does_not_is_given_up() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    let fault: Fault<'_> =
        &mut |request, _| carries(request, "'a1'").then(|| Answer::Failed(coded("moved")));
    let error = run(&mut fake, bundle, RunOptions::default(), fault).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
}

/// Fails the batch of `b2` and gives the error.
#[track_caller]
fn fail_b2(failing: DbFailure, fault: Fault<'_>) -> (Error, Vec<&'static str>) {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    let both: Fault<'_> = &mut |request, fake| {
        if carries(request, "CREATE TABLE b3") {
            let mut failing = failing.clone();
            if let (Request::Batch(sql), Some(marker)) = (request, &failing.detail) {
                let byte = sql.find(marker.as_str()).unwrap();
                let position = sql[..byte].chars().count() + 1;
                failing.position = Some(u32::try_from(position).unwrap());
            }
            fake.log.push("failed");
            return Some(Answer::Failed(failing));
        }
        fault(request, fake)
    };
    let error = run(&mut fake, bundle, RunOptions::default(), both).unwrap_err();
    assert_eq!(error.applied(), [id("a1")]);
    assert_eq!(fake.applied, BTreeSet::from([id("a1")]));
    (error, fake.log)
}

#[test]
fn a_position_leads_to_the_statement_and_its_place() {
    // The detail is what the position is computed from.
    let failing = DbFailure {
        detail: Some("b3 ()".to_owned()),
        ..failure("nonsense")
    };
    let (error, _) = fail_b2(failing, &mut quietly);
    assert_eq!(error.kind(), ErrorKind::Sql);
    assert_eq!(error.revision(), Some(&id("b2")));
    assert_eq!(error.statement(), Some("CREATE TABLE b3 ()"));
    assert_eq!(error.database().unwrap().statement_number, Some(3));
    assert_eq!(error.location().unwrap().to_string(), "b2/up.sql:4:16");
    assert!(
        error
            .to_string()
            .contains("revision `b2` (b2) could not be applied in statement 3")
    );
}

#[test]
fn without_a_position_the_sequence_tells_the_statement() {
    let fault: Fault<'_> = &mut |request, _| match request {
        Request::Rows(sql) if sql.contains("last_value") => Some(Answer::Rows(vec![fields(&[
            &((7_i64 << 24) + 2).to_string(),
        ])])),
        _ => None,
    };
    let (error, log) = fail_b2(failure("nonsense"), fault);
    assert_eq!(error.statement(), Some("CREATE TABLE b2 ()"));
    assert_eq!(error.location().unwrap().to_string(), "b2/up.sql:3:1");
    assert_eq!(error.sqlstate(), None);
    assert_eq!(log.last(), Some(&"temp"));
}

#[test]
fn a_failure_is_run_once_more_for_its_sqlstate() {
    let fault: Fault<'_> = &mut |request, _| match request {
        Request::Batch(sql) if sql.contains("no failure") => Some(Answer::Failed(DbFailure {
            message: "nonsense".to_owned(),
            ..coded("state:42P07:2")
        })),
        _ => None,
    };
    let (error, _) = fail_b2(failure("nonsense"), fault);
    assert_eq!(error.sqlstate(), Some("42P07"));
    assert_eq!(error.database().unwrap().statement_number, Some(2));
    assert!(error.hint().unwrap().contains("stamp"));
}

#[test]
fn another_failure_the_second_time_tells_nothing() {
    let fault: Fault<'_> = &mut |request, _| match request {
        Request::Batch(sql) if sql.contains("no failure") => Some(Answer::Failed(DbFailure {
            message: "other".to_owned(),
            ..coded("state:42P07:2")
        })),
        _ => None,
    };
    let (error, _) = fail_b2(failure("nonsense"), fault);
    assert_eq!(error.sqlstate(), None);
    assert_eq!(error.statement(), None);
}

#[test]
fn a_lost_connection_is_told_and_not_looked_into() {
    let (error, log) = fail_b2(closed(), &mut quietly);
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(!log.contains(&"diagnose"));
    assert!(error.hint().unwrap().contains("run again"));
}

#[test]
fn every_request_may_lose_the_connection() {
    for transaction in [false, true] {
        for at in 0.. {
            let bundle = bundle(chain(), Action::RunPending);
            let mut fake = Fake::new(&bundle);
            fake.table = false;
            fake.in_transaction = transaction;
            let mut count = 0;
            let fault: Fault<'_> = &mut |_, _| {
                count += 1;
                (count > at).then(|| Answer::Failed(closed()))
            };
            match run(&mut fake, bundle, RunOptions::default(), fault) {
                Ok(_) => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}"),
            }
            assert!(at < 100);
        }
    }
}

#[test]
fn every_request_may_fail_and_the_rest_still_works() {
    for at in 0.. {
        let bundle = bundle(chain(), Action::RunPending);
        let mut fake = Fake::new(&bundle);
        let mut count = 0;
        let fault: Fault<'_> = &mut |_, _| {
            count += 1;
            (count == at + 1).then(|| Answer::Failed(failure("nonsense")))
        };
        let result = run(&mut fake, bundle.clone(), RunOptions::default(), fault);
        if at == count {
            result.unwrap();
            break;
        }
        // Whatever it was: the next run finds its way.
        run(&mut fake, bundle, RunOptions::default(), &mut quietly).unwrap();
        assert_eq!(fake.applied.len(), 3);
        assert!(at < 100);
    }
}

#[test]
fn answers_that_fit_no_request_are_errors() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    let fault: Fault<'_> = &mut |_, _| Some(Answer::Called(Ok(())));
    assert!(run(&mut fake, bundle, RunOptions::default(), fault).is_err());
    let mut runner = Runner::new(RunRequest {
        bundles: Vec::new(),
        options: RunOptions::default(),
    });
    let start = || Answer::Start(Surroundings::default());
    assert!(matches!(
        runner.next(Instant::now(), start()),
        Request::Rows(_)
    ));
    assert!(matches!(
        runner.next(Instant::now(), Answer::Rows(Vec::new())),
        Request::Done(Ok(_))
    ));
    assert!(matches!(
        runner.next(Instant::now(), start()),
        Request::Done(Err(_))
    ));
}

/// Runs what must be refused, and gives the error; nothing may have been written.
#[track_caller]
fn refused(fake: &mut Fake, bundle: BundleRun) -> Error {
    let error = run(fake, bundle, RunOptions::default(), &mut quietly).unwrap_err();
    for word in &fake.log {
        assert!(
            !["up", "down", "batch", "create"].contains(word),
            "{:?}",
            fake.log
        );
    }
    error
}

#[test]
fn an_edited_revision_is_named() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle).with(&["a1", "b2"]);
    let mut other = chain();
    other[1] = sql("b2", &["a1"], "CREATE TABLE somethingelse ()");
    fake.graph = (*self::bundle(other, Action::RunPending).graph).clone();
    let error = refused(&mut fake, bundle);
    assert_eq!(error.kind(), ErrorKind::Tampered);
    assert_eq!(error.revision(), Some(&id("b2")));
}

#[test]
fn unknown_revisions_are_ahead_stale_or_diverged() {
    let run_with = |applied: &[&str], breaking: bool, policy: OnDivergence| {
        let bundle = bundle(chain(), Action::RunPending);
        let mut fake = Fake::new(&bundle).with(applied);
        let fault: Fault<'_> = &mut |request, fake| match request {
            Request::Rows(sql) if breaking && sql.contains("h.applied_at") => {
                let rows = fake.applied.iter().map(|one| {
                    let mut row = fake.row(one);
                    row[5] = Some((one.as_str() == "d4").to_string());
                    row
                });
                Some(Answer::Rows(rows.collect()))
            }
            _ => None,
        };
        let options = RunOptions {
            on_divergence: policy,
            ..RunOptions::default()
        };
        run(&mut fake, bundle, options, fault)
    };
    let refuse = OnDivergence::Refuse;
    let ahead = run_with(&["a1", "b2", "c3", "d4"], false, refuse).unwrap();
    assert_eq!(ahead.bundles[0].status, Status::Ahead);
    assert_eq!(ahead.bundles[0].unknown, [id("d4")]);

    let stale = run_with(&["a1", "b2", "c3", "d4"], true, refuse).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Stale);
    assert!(stale.to_string().contains("this program is too old"));

    let diverged = run_with(&["a1", "d4"], false, refuse).unwrap_err();
    assert_eq!(diverged.kind(), ErrorKind::Diverged);
    assert_eq!(diverged.revision(), Some(&id("d4")));
    let warned = run_with(&["a1", "d4"], false, OnDivergence::Warn).unwrap();
    assert_eq!(warned.revisions(), [id("b2"), id("c3")]);
}

#[test]
fn a_late_revision_is_fine_where_it_touches_nothing_of_the_others() {
    let run_with = |late: Option<&[&str]>, above: Option<&[&str]>| {
        let mut migrations = chain();
        let owned = |names: Option<&[&str]>| {
            names.map(|names| names.iter().map(|name| (*name).to_owned()).collect())
        };
        migrations[1].revision.touches = owned(late);
        migrations[2].revision.touches = owned(above);
        let bundle = bundle(migrations, Action::RunPending);
        let mut fake = Fake::new(&bundle).with(&["a1", "c3"]);
        run(&mut fake, bundle, RunOptions::default(), &mut quietly)
    };
    let fine = run_with(Some(&["table b"]), Some(&["table c"])).unwrap();
    assert_eq!(fine.revisions(), [id("b2")]);
    for (late, above, why) in [
        (
            Some(&["table b"][..]),
            Some(&["table b"][..]),
            "both touch `table b`",
        ),
        (None, Some(&["table b"]), "what `b2` touches is not known"),
        (Some(&["table b"]), None, "what `c3` touches is not known"),
    ] {
        let error = run_with(late, above).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn what_cannot_run_in_a_transaction_is_refused_before_anything_runs() {
    for (up, text, place) in [
        (
            "SELECT 1;\nCOMMIT",
            "`COMMIT` controls the transaction",
            "b2/up.sql:2:1",
        ),
        (
            "\\connect x",
            "`\\connect` is a command of psql",
            "b2/up.sql:1:1",
        ),
        (
            "SELECT 1;  COPY a FROM stdin;",
            "needs a client that streams data",
            "b2/up.sql:1:12",
        ),
        (
            "CREATE TABLE b ();\n CREATE INDEX CONCURRENTLY ON a (b)",
            "it gives the index no name",
            "b2/up.sql:2:2",
        ),
    ] {
        let bundle = bundle(
            vec![sql("a1", &[], "SELECT 1"), sql("b2", &["a1"], up)],
            Action::RunPending,
        );
        let mut fake = Fake::new(&bundle);
        let error = refused(&mut fake, bundle);
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.revision(), Some(&id("b2")));
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.location().unwrap().to_string(), place);
    }
}

#[test]
fn a_connection_that_only_reads_is_refused_and_fine_with_nothing_to_do() {
    let bundle = bundle(chain(), Action::RunPending);
    for (standby, why) in [
        ("false", "the connection only reads"),
        ("true", "a standby"),
    ] {
        let mut fake = Fake::new(&bundle);
        fake.standing = ["", "on", standby];
        let error = refused(&mut fake, bundle.clone());
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
        assert!(error.to_string().contains(why), "{error}");
    }
    let bundle = self::bundle(chain(), Action::Downgrade("base".parse().unwrap()));
    let mut fake = Fake::new(&bundle).with(&["a1"]);
    fake.standing = ["", "on", "false"];
    let error = refused(&mut fake, bundle);
    assert!(error.to_string().contains("taken back"), "{error}");
}

#[test]
fn lacking_rights_come_with_the_grant() {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    fake.standing = ["INSERT, UPDATE", "off", "false"];
    let error = refused(&mut fake, bundle);
    assert_eq!(error.kind(), ErrorKind::Permission);
    assert_eq!(
        error.hint(),
        Some("as its owner run: GRANT INSERT, UPDATE ON \"public\".\"limbeck_revision\" TO \"me\"")
    );
}

#[test]
fn downgrades_take_back_from_the_top_and_unknown_ones_by_what_was_kept() {
    let downgrade = |applied: &[&str], target: &str| {
        let bundle = bundle(chain(), Action::Downgrade(target.parse().unwrap()));
        let mut fake = Fake::new(&bundle).with(applied);
        let report = run(&mut fake, bundle, RunOptions::default(), &mut quietly).unwrap();
        (report.revisions(), fake)
    };
    let (revisions, fake) = downgrade(&["a1", "b2", "c3"], "a1");
    assert_eq!(revisions, [id("c3"), id("b2")]);
    assert_eq!(fake.applied, BTreeSet::from([id("a1")]));

    let (revisions, fake) = downgrade(&["a1", "b2", "c3", "d4"], "base");
    assert_eq!(revisions.len(), 4);
    assert!(revisions.contains(&id("d4")));
    assert!(fake.sent.iter().any(|sql| sql.contains("DROP TABLE d\n;")));
}

#[test]
fn stamping_runs_nothing() {
    let bundle = bundle(chain(), Action::Stamp(vec!["b2".parse().unwrap()]));
    let mut fake = Fake::new(&bundle);
    let report = run(&mut fake, bundle, RunOptions::default(), &mut quietly).unwrap();
    assert_eq!(report.revisions(), [id("a1"), id("b2")]);
    assert!(report.applied.iter().all(|one| one.deed == Deed::Stamped));
    assert!(!fake.sent.iter().any(|sql| sql.contains("CREATE TABLE a")));
    assert_eq!(fake.applied, BTreeSet::from([id("a1"), id("b2")]));
}

/// A revision with a data step between two pieces of SQL.
struct WithData {
    revision: Revision,
    calls: Arc<std::sync::atomic::AtomicU32>,
}

impl Migration for WithData {
    fn revision(&self) -> &Revision {
        &self.revision
    }

    fn upgrade(&self, script: &mut Script) -> Result<()> {
        let calls = Arc::clone(&self.calls);
        script.sql("CREATE TABLE a ()").data("fill", move |_| {
            calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        });
        script.sql("SELECT 1; SELECT 2");
        Ok(())
    }

    fn downgrade(&self, _: &mut Script) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "no way down"))
    }
}

fn with_data() -> BundleRun {
    let mut bundle = Bundle::new("app");
    let revision = Revision::new(id("a1"), sql_digest("a"));
    bundle.migrations = vec![Arc::new(WithData {
        revision,
        calls: Arc::default(),
    })];
    BundleRun::new(&bundle, Action::RunPending).unwrap()
}

#[test]
fn a_data_step_stands_between_begin_and_commit() {
    let bundle = with_data();
    let mut fake = Fake::new(&bundle);
    let log = [
        "heads", "rows", "standing", "begin", "batch", "try", "batch", "batch", "call", "batch",
        "batch", "up", "commit",
    ];
    check(&mut fake, &bundle, &log);
}

#[test]
fn a_data_step_that_fails_is_rolled_back_and_told() {
    let bundle = with_data();
    let mut fake = Fake::new(&bundle);
    let called = Rc::new(Cell::new(0));
    let fault: Fault<'_> = &mut |request, _| match request {
        Request::Call(step, _) => {
            assert_eq!(step.name, "fill");
            called.set(called.get() + 1);
            let database = DatabaseError {
                sqlstate: Some("23505".to_owned()),
                ..DatabaseError::default()
            };
            Some(Answer::Called(Err(
                Error::new(ErrorKind::Sql, "no good").with_database(database)
            )))
        }
        _ => None,
    };
    let error = run(&mut fake, bundle, RunOptions::default(), fault).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DataStep);
    assert_eq!(error.sqlstate(), Some("23505"));
    assert!(
        error
            .to_string()
            .contains("`fill` of revision `a1` failed: no good"),
        "{error}"
    );
    assert_eq!(called.get(), 1);
    assert_eq!(fake.log.last(), Some(&"rollback"));
}

#[test]
fn dollar_tags_avoid_what_they_quote() {
    assert_eq!(batch::dollar_tag("x"), "$limbeck$");
    assert_eq!(batch::dollar_tag("a $limbeck$ b"), "$limbeck1$");
    assert_eq!(batch::dollar_tag("a $limbeck $limbeck1"), "$limbeck2$");
}

/// A run on an empty database beside two other histories, of which one fails to be read. What is said of
/// that, and what the requests about it were.
fn beside_others(sqlstate: Option<&str>, gone: bool, inside: bool) -> (Result<Report>, String) {
    let bundle = bundle(chain(), Action::RunPending);
    let mut fake = Fake::new(&bundle);
    (fake.table, fake.in_transaction) = (false, inside);
    let refused = || {
        Answer::Failed(DbFailure {
            sqlstate: sqlstate.map(str::to_owned),
            ..failure("no such table")
        })
    };
    let mut log = Vec::new();
    let fault: Fault<'_> = &mut |request, fake| {
        let (word, answer) = match request {
            Request::Rows(sql) if sql.contains("pg_is_in_recovery") => {
                let Answer::Rows(mut rows) = fake.answer(request) else {
                    return None;
                };
                *rows[0].last_mut()? = Some("ONE AND OTHER".to_owned());
                ("standing", Answer::Rows(rows))
            }
            Request::Rows(sql) if sql.contains("hc.relkind") => {
                let found = [["ONE", "t.one"], ["OTHER", "t.other"]];
                ("found", Answer::Rows(found.map(|it| fields(&it)).into()))
            }
            Request::Rows(sql) if sql.contains("to_regclass('t.one')") => {
                let answer = fields(&[if gone { "true" } else { "false" }]);
                ("gone?", Answer::Rows(vec![answer]))
            }
            Request::Rows(sql) if sql == "ONE AND OTHER" => ("both", refused()),
            Request::Rows(sql) if sql == "ONE" => ("one", refused()),
            Request::Rows(sql) if sql == "OTHER" => ("other", Answer::Rows(Vec::new())),
            Request::Begin => ("(", fake.answer(request)),
            Request::Rollback => (")", fake.answer(request)),
            _ => return None,
        };
        log.push(word);
        Some(answer)
    };
    let result = run(&mut fake, bundle, RunOptions::default(), fault);
    (result, log.join(" "))
}

#[test]
fn another_history_that_is_gone_before_it_is_read_is_not_there() {
    for (sqlstate, asked) in [
        (Some("42P01"), "standing both found one other"),
        (Some("3F000"), "standing both found one other"),
        (None, "standing both found one gone? other"),
    ] {
        let (result, log) = beside_others(sqlstate, true, false);
        assert_eq!(result.unwrap().revisions().len(), 3, "{sqlstate:?}");
        assert_eq!(log, asked);
        // Nothing that fails is left to the caller's transaction.
        let (result, log) = beside_others(sqlstate, true, true);
        assert_eq!(result.unwrap().revisions().len(), 3, "{sqlstate:?}");
        let asked: Vec<String> = asked
            .split(' ')
            .map(|word| match word {
                "standing" | "found" => word.to_owned(),
                word => format!("( {word} )"),
            })
            .collect();
        let asked = asked.join(" ");
        assert!(log.starts_with(&asked), "{log} is not {asked}");
    }
    // One that is there and cannot be read may be this one's.
    for (sqlstate, asked) in [
        (Some("42501"), "standing both found one"),
        (None, "standing both found one gone? one gone?"),
    ] {
        let (result, log) = beside_others(sqlstate, false, false);
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "no such table, while another history was read");
        assert_eq!(log, asked);
    }
}
