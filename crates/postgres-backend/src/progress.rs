//! How a run goes on, kept where an application can look at it: for a readiness endpoint, say.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limbeck_core::RevisionId;
use limbeck_core::error::on_one_line;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::runner::{Event, PlannedStep};

/// How the runs of a migrator go on.
///
/// Clones show the same. Made by `Migrator::progress`, handed to whatever answers for the
/// application's health, and looked at by [`snapshot`](Self::snapshot), which never waits for a
/// database.
#[derive(Clone)]
pub struct Progress(Arc<Mutex<State>>);

struct State {
    phase: Phase,
    /// Since when the run goes on; when there was none yet, `None`.
    began: Option<Instant>,
    /// When it ended.
    ended: Option<Instant>,
    /// Since when it does what it does.
    since: Instant,
    applied: usize,
    todo: Vec<PlannedStep>,
    current: Option<PlannedStep>,
    statement: Option<usize>,
    statements: Option<usize>,
    doing: Option<String>,
    holder: Option<String>,
    error: Option<String>,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Nothing was run yet.
    Idle,
    /// Another process is migrating, and is waited for.
    Waiting,
    /// The history is read, or revisions are being run.
    Running,
    /// The last run is over, and everything that it was asked for is done.
    Done,
    /// The last run has failed.
    Failed,
}

/// How a run stood when it was looked at.
///
/// With serde it becomes one flat object, durations in milliseconds and what is not known left out;
/// [`to_json`](Self::to_json) is that as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// What the run is doing.
    pub phase: Phase,
    /// How many revisions it has applied or taken back.
    pub applied: usize,
    /// How many there are to do, those included that are done: what is planned so far.
    pub planned: usize,
    /// The revision that is being run.
    pub revision: Option<RevisionId>,
    /// Its message.
    pub message: Option<String>,
    /// The bundle it belongs to.
    pub bundle: Option<String>,
    /// The statement that is being run, from one, where that is known.
    pub statement: Option<usize>,
    /// How many statements the revision has.
    pub statements: Option<usize>,
    /// What is done before there is a revision to run, in words: reading the history, say. Where
    /// this lasts, it waits for a lock of somebody else's.
    pub doing: Option<String>,
    /// Who is waited for: the other process that is migrating, or, by a
    /// `Migrator::lookout`, who has locked what is wanted.
    pub holder: Option<String>,
    /// For how long the run has been doing this: waiting, or the revision at hand.
    pub since: Duration,
    /// How long the run has taken so far, or took.
    pub elapsed: Duration,
    /// Why it failed: for those who run the application, not for strangers, since it may name
    /// tables and quote what Postgres said.
    pub error: Option<String>,
}

impl Progress {
    /// Nothing was run yet.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            phase: Phase::Idle,
            began: None,
            ended: None,
            since: Instant::now(),
            applied: 0,
            todo: Vec::new(),
            current: None,
            statement: None,
            statements: None,
            doing: None,
            holder: None,
            error: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event of a run; what a migrator does with its own.
    pub fn note(&self, event: &Event) {
        self.state().note(event, Instant::now());
    }

    /// How it stands now.
    pub fn snapshot(&self) -> Snapshot {
        self.state().snapshot(Instant::now())
    }

    /// Whether the last run is over and went well: the application may answer requests.
    pub fn is_ready(&self) -> bool {
        self.state().phase == Phase::Done
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.snapshot()).finish()
    }
}

impl State {
    fn note(&mut self, event: &Event, now: Instant) {
        // Seen from another connection: what is done goes on meanwhile.
        match event {
            Event::Blocked { by, waited: _ } => {
                let told: Vec<String> = by.iter().map(ToString::to_string).collect();
                self.holder = Some(told.join("; "));
                return;
            }
            Event::Unblocked { waited: _ } => {
                self.holder = None;
                return;
            }
            _ => {}
        }
        if matches!(self.phase, Phase::Idle | Phase::Done | Phase::Failed) {
            self.began = Some(now);
            self.ended = None;
            self.since = now;
            self.applied = 0;
            self.todo.clear();
            self.current = None;
            self.error = None;
        }
        self.doing = None;
        match event {
            Event::Preparing { doing } => {
                self.since = now;
                self.current = None;
                self.doing = Some(doing.clone());
            }
            Event::Waiting { holder, waited } => {
                if self.phase != Phase::Waiting {
                    self.since = now.checked_sub(*waited).unwrap_or(now);
                }
                self.phase = Phase::Waiting;
                self.holder.clone_from(holder);
                return;
            }
            Event::Planned { steps } => {
                self.todo.clone_from(steps);
                self.current = None;
            }
            Event::Started { step, statements } => {
                self.since = now;
                self.statement = None;
                self.statements = Some(*statements);
                self.current = Some(step.clone());
            }
            Event::Statement {
                revision: _,
                number,
                statements,
            } => {
                self.statement = Some(*number);
                self.statements = Some(*statements);
            }
            Event::Finished(applied) => {
                self.applied += 1;
                self.todo.retain(|step| {
                    (&step.bundle, &step.placement, &step.revision)
                        != (&applied.bundle, &applied.placement, &applied.revision)
                });
                self.current = None;
                self.since = now;
            }
            Event::Waited { .. } | Event::Blocked { .. } | Event::Unblocked { .. } => {}
            Event::Done { count } => {
                self.applied = *count;
                self.todo.clear();
                self.end(Phase::Done, now);
                return;
            }
            Event::Failed {
                kind: _,
                message,
                applied,
            } => {
                self.applied = applied.len();
                self.error = Some(message.clone());
                self.end(Phase::Failed, now);
                return;
            }
        }
        self.phase = Phase::Running;
        self.holder = None;
    }

    fn end(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.ended = Some(now);
        self.since = now;
        self.holder = None;
        if phase == Phase::Done {
            self.current = None;
        }
    }

    fn snapshot(&self, now: Instant) -> Snapshot {
        let current = self.current.as_ref();
        Snapshot {
            phase: self.phase,
            applied: self.applied,
            planned: self.applied + self.todo.len(),
            revision: current.map(|step| step.revision.clone()),
            message: current.map(|step| step.message.clone()),
            bundle: current.map(|step| step.bundle.clone()),
            statement: current.and(self.statement),
            statements: current.and(self.statements),
            doing: self.doing.clone(),
            holder: self.holder.clone(),
            since: now.saturating_duration_since(self.since),
            elapsed: self.began.map_or(Duration::ZERO, |began| {
                self.ended.unwrap_or(now).saturating_duration_since(began)
            }),
            error: self.error.clone(),
        }
    }
}

impl Phase {
    /// The word that stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Snapshot {
    /// Whether the run is over and went well: the application may answer requests.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Done
    }

    /// One line of JSON:
    /// `{"phase":"running","applied":1,"planned":3,"revision":"1975ea83b712",…}`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers become JSON")
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            phase,
            applied,
            planned,
            revision,
            message,
            bundle,
            statement,
            statements,
            doing,
            holder,
            since,
            elapsed,
            error,
        } = self;
        let millis = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("phase", phase.as_str())?;
        map.serialize_entry("applied", applied)?;
        map.serialize_entry("planned", planned)?;
        let revision = revision.as_ref().map(RevisionId::as_str);
        for (name, text) in [
            ("revision", revision),
            ("message", message.as_deref()),
            ("bundle", bundle.as_deref()),
        ] {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        for (name, number) in [("statement", statement), ("statements", statements)] {
            if let Some(number) = number {
                map.serialize_entry(name, number)?;
            }
        }
        if let Some(doing) = doing {
            map.serialize_entry("doing", doing)?;
        }
        if let Some(holder) = holder {
            map.serialize_entry("holder", holder)?;
        }
        map.serialize_entry("since_ms", &millis(since))?;
        map.serialize_entry("elapsed_ms", &millis(elapsed))?;
        if let Some(error) = error {
            map.serialize_entry("error", error)?;
        }
        map.end()
    }
}

impl fmt::Display for Snapshot {
    /// One line for people: `running 2 of 3: 1975ea83b712 add posts, for 12 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.since.as_secs();
        match self.phase {
            Phase::Idle => f.write_str("nothing was run yet"),
            Phase::Waiting => {
                write!(
                    f,
                    "waiting for another process that is migrating, for {seconds} s"
                )
            }
            Phase::Running => {
                f.write_str("running")?;
                let Some(revision) = &self.revision else {
                    return match &self.doing {
                        Some(doing) => write!(f, ": {doing}, for {seconds} s"),
                        None => Ok(()),
                    };
                };
                write!(f, " {} of {}: {revision}", self.applied + 1, self.planned)?;
                if let Some(message) = self.message.as_deref().filter(|text| !text.is_empty()) {
                    write!(f, " {}", on_one_line(message))?;
                }
                if let (Some(number), Some(all)) = (self.statement, self.statements) {
                    write!(f, ", statement {number} of {all}")?;
                }
                write!(f, ", for {seconds} s")
            }
            Phase::Done => write!(f, "done, {} applied", self.applied),
            Phase::Failed => {
                let error = self.error.as_deref().unwrap_or_default();
                write!(f, "failed: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use limbeck_core::{ErrorKind, Ident};

    use super::*;
    use crate::runner::{Applied, Deed, Observers};

    fn step(revision: &str) -> PlannedStep {
        PlannedStep {
            bundle: "app".to_owned(),
            placement: Ident::new("public").unwrap(),
            revision: RevisionId::new(revision).unwrap(),
            message: "add posts".to_owned(),
            deed: Deed::Applied,
            sql: None,
            losses: Vec::new(),
            reversible: None,
            outside: false,
        }
    }

    fn applied(revision: &str) -> Applied {
        let step = step(revision);
        Applied {
            bundle: step.bundle,
            placement: step.placement,
            revision: step.revision,
            message: step.message,
            deed: step.deed,
            duration: Duration::from_millis(5),
        }
    }

    #[test]
    fn who_blocks_a_revision_is_shown_while_it_runs() {
        let progress = Progress::new();
        progress.note(&Event::Started {
            step: step("a1"),
            statements: 1,
        });
        let by = crate::runner::Blocker {
            pid: 42,
            role: Some("ada".to_owned()),
            application: Some("psql".to_owned()),
            transaction: Some(Duration::from_secs(90)),
            query: Some("LOCK TABLE secrets".to_owned()),
        };
        let (by, waited) = (vec![by], Duration::from_secs(1));
        progress.note(&Event::Blocked { by, waited });
        let seen = progress.snapshot();
        assert_eq!(seen.phase, Phase::Running);
        assert!(seen.revision.is_some());
        assert_eq!(
            seen.holder.as_deref(),
            Some(
                "the process with pid 42 of role `ada` (`psql`), whose transaction has been open for 90 s"
            )
        );
        progress.note(&Event::Unblocked { waited });
        assert_eq!(progress.snapshot().holder, None);
        assert_eq!(progress.snapshot().phase, Phase::Running);
    }

    #[test]
    fn a_run_seen_from_a_readiness_endpoint() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let progress = Progress::new();
        let mut state = progress.state();
        assert_eq!(state.snapshot(start).phase, Phase::Idle);

        let waiting = Event::Waiting {
            holder: Some("pid 42".to_owned()),
            waited: Duration::ZERO,
        };
        state.note(&waiting, at(1));
        let seen = state.snapshot(at(4));
        assert_eq!(
            (seen.phase, seen.since),
            (Phase::Waiting, Duration::from_secs(3))
        );
        assert_eq!(
            seen.to_json(),
            r#"{"phase":"waiting","applied":0,"planned":0,"holder":"pid 42","since_ms":3000,"elapsed_ms":3000}"#
        );

        let steps = vec![step("a1"), step("b2")];
        state.note(&Event::Planned { steps }, at(5));
        for event in [
            Event::Started {
                step: step("a1"),
                statements: 1,
            },
            Event::Finished(applied("a1")),
            Event::Started {
                step: step("b2"),
                statements: 4,
            },
            Event::Statement {
                revision: RevisionId::new("b2").unwrap(),
                number: 3,
                statements: 4,
            },
        ] {
            state.note(&event, at(6));
        }
        let seen = state.snapshot(at(16));
        assert!(!seen.is_ready());
        assert_eq!(
            seen.to_string(),
            "running 2 of 2: b2 add posts, statement 3 of 4, for 10 s"
        );
        assert_eq!(
            seen.to_json(),
            concat!(
                r#"{"phase":"running","applied":1,"planned":2,"revision":"b2","message":"add posts","#,
                r#""bundle":"app","statement":3,"statements":4,"since_ms":10000,"elapsed_ms":15000}"#
            )
        );

        state.note(&Event::Finished(applied("b2")), at(20));
        state.note(&Event::Done { count: 2 }, at(21));
        let seen = state.snapshot(at(100));
        assert!(seen.is_ready());
        assert_eq!(seen.elapsed, Duration::from_secs(20));
        assert_eq!((seen.applied, seen.planned), (2, 2));

        let failed = Event::Failed {
            kind: ErrorKind::Sql,
            message: "no".to_owned(),
            applied: Vec::new(),
        };
        state.note(&failed, at(200));
        let seen = state.snapshot(at(200));
        assert_eq!(seen.to_string(), "failed: no");
        assert_eq!(seen.applied, 0, "it is another run");
    }

    #[test]
    fn clones_show_the_same_and_a_broken_observer_stops_nothing() {
        let progress = Progress::new();
        let mut observers = Observers::default();
        observers.push(|_| panic!("broken"));
        let noting = progress.clone();
        observers.push(move |event| noting.note(event));
        crate::runner::Notice::new(Event::Done { count: 0 }, &observers).deliver();
        assert!(progress.is_ready());
    }
}
