//! What a run tells while it goes on: events as data, which a driver hands to whoever listens.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use limbeck_core::error::on_one_line;
use limbeck_core::{Error, ErrorKind, Ident, RevisionId};

use super::report::{Applied, Deed};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The run is about to do something of its own, which may have to wait for what others have
    /// locked: the first event of every run.
    Preparing {
        /// What, in words: `reading the history table ...`.
        doing: String,
    },
    /// Another process holds the lock: told at once, then about every second.
    Waiting {
        /// Who holds it, in words, where that could be learnt.
        holder: Option<String>,
        /// For how long this run has waited.
        waited: Duration,
    },
    /// The lock is free: the run goes on.
    Waited {
        /// For how long this run has waited.
        waited: Duration,
    },
    /// A lock of somebody else's is waited for, on a table say: told after a second, then about every
    /// second, by a `Migrator::lookout` from a second connection.
    Blocked {
        /// Who holds it, or stands before this run in its queue.
        by: Vec<Blocker>,
        /// For how long this run has been seen to wait.
        waited: Duration,
    },
    /// It is not waited for any more.
    Unblocked {
        /// For how long this run has waited.
        waited: Duration,
    },
    /// What is still to be done, in its order. Told again when another process has done some of it
    /// meanwhile, and for every bundle that has something to do.
    Planned {
        /// The steps.
        steps: Vec<PlannedStep>,
    },
    /// A revision starts.
    Started {
        /// Which, and what becomes of it.
        step: PlannedStep,
        /// How many statements it has.
        statements: usize,
    },
    /// A statement starts. Told only of revisions that travel statement by statement (those with
    /// data steps, and those outside of a transaction): the others are one message, of which nothing is known until it is done.
    Statement {
        /// The revision.
        revision: RevisionId,
        /// The number of the statement in it, from one.
        number: usize,
        /// How many there are.
        statements: usize,
    },
    /// A revision is done.
    Finished(Applied),
    /// The run is over, and everything that it was asked for is done.
    Done {
        /// How many revisions this run has applied, taken back or recorded.
        count: usize,
    },
    /// The run is over, and not well.
    Failed {
        /// What sort of thing went wrong.
        kind: ErrorKind,
        /// The message of the error, with those of its causes.
        message: String,
        /// The revisions that were done before.
        applied: Vec<RevisionId>,
    },
}

impl Event {
    /// The end of a run that has failed, with the causes that its error does not name itself.
    pub(crate) fn failed(error: &Error) -> Self {
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(next) = cause {
            let why = next.to_string();
            if !message.contains(&why) {
                message.push_str(": ");
                message.push_str(&why);
            }
            cause = next.source();
        }
        Self::Failed {
            kind: error.kind(),
            message,
            applied: error.applied().to_vec(),
        }
    }
}

/// A session that holds up a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// The process id that the server has for it.
    pub pid: i32,
    /// Its role.
    pub role: Option<String>,
    /// What its program calls itself.
    pub application: Option<String>,
    /// For how long its transaction has been open.
    pub transaction: Option<Duration>,
    /// What it runs, or ran last, where Postgres shows it to this role; passwords in it are masked.
    pub query: Option<String>,
}

impl fmt::Display for Blocker {
    // Nothing of what it runs, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            role,
            application,
            transaction,
            query: _,
        } = self;
        write!(f, "the process with pid {pid}")?;
        if let Some(role) = role {
            write!(f, " of role `{}`", on_one_line(role))?;
        }
        if let Some(application) = application {
            write!(f, " (`{}`)", on_one_line(application))?;
        }
        match transaction {
            Some(transaction) => write!(
                f,
                ", whose transaction has been open for {}",
                spoken(*transaction)
            ),
            None => Ok(()),
        }
    }
}

/// A revision that is to be applied or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedStep {
    /// The bundle it belongs to.
    pub bundle: String,
    /// The schema that the bundle is installed in.
    pub placement: Ident,
    /// The revision.
    pub revision: RevisionId,
    /// Its message.
    pub message: String,
    /// What becomes of it.
    pub deed: Deed,
    /// What is run for it; nothing where it is only recorded, where a data step cannot be shown, and where a
    /// run does more than plan.
    pub sql: Option<String>,
    /// What its way down takes away, a line each, where the run only plans.
    pub losses: Vec<String>,
    /// Whether there is a way back from it, where the run only plans.
    pub reversible: Option<bool>,
    /// Whether it goes outside of a transaction, as far as is known: where the run only plans, and when it
    /// starts.
    pub outside: bool,
}

type Observer = dyn Fn(&Event) + Send + Sync;

/// Who is told of events.
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<Observer>>);

impl Observers {
    /// Adds one.
    pub fn push(&mut self, observer: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.push(Arc::new(observer));
    }

    /// Calls all of them, each in a way that a panic of it goes no further: a run does not end in the
    /// middle of a revision because somebody's display is broken.
    pub fn tell(&self, event: &Event) {
        for observer in &self.0 {
            if catch_unwind(AssertUnwindSafe(|| observer(event))).is_err() {
                tracing::warn!("an observer of the run's progress has panicked");
            }
        }
    }

    /// The same observers, told only of some events.
    #[cfg(feature = "postgres")]
    pub(crate) fn only(&self, wanted: fn(&Event) -> bool) -> Self {
        let all = self.clone();
        let mut some = Self::default();
        some.push(move |event| {
            if wanted(event) {
                all.tell(event);
            }
        });
        some
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An event on its way to the observers. The driver's part is one line: [`deliver`](Self::deliver).
#[derive(Debug)]
pub struct Notice {
    event: Event,
    observers: Observers,
}

impl Notice {
    pub(crate) fn new(event: Event, observers: &Observers) -> Self {
        Self {
            event,
            observers: observers.clone(),
        }
    }

    /// What happened.
    pub fn event(&self) -> &Event {
        &self.event
    }

    pub(super) fn observers(&self) -> Observers {
        self.observers.clone()
    }

    /// Calls the observers; one that panics is passed over.
    pub fn deliver(&self) {
        self.observers.tell(&self.event);
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observers").field(&self.0.len()).finish()
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preparing { doing } => f.write_str(doing),
            Self::Waiting { holder, waited } => {
                f.write_str("another process is migrating, waiting for it")?;
                if let Some(holder) = holder {
                    write!(f, ": {holder}")?;
                }
                match waited.as_secs() {
                    0 => Ok(()),
                    seconds => write!(f, "; waited {seconds} s so far"),
                }
            }
            Self::Waited { waited } => {
                write!(f, "the lock is free after {}", spoken(*waited))
            }
            Self::Blocked { by, waited } => {
                f.write_str("waiting for a lock, behind ")?;
                for (number, one) in by.iter().enumerate() {
                    let comma = if number == 0 { "" } else { "; " };
                    write!(f, "{comma}{one}")?;
                }
                write!(f, "; waited {} so far", spoken(*waited))
            }
            Self::Unblocked { waited } => {
                write!(
                    f,
                    "not waiting for a lock any more, after {}",
                    spoken(*waited)
                )
            }
            Self::Planned { steps } => match steps.as_slice() {
                [one] => write!(f, "to do: {one}"),
                steps => write!(f, "to do: {} revisions", steps.len()),
            },
            Self::Started { step, statements } => match statements {
                1 => write!(f, "{step}: one statement"),
                count => write!(f, "{step}: {count} statements"),
            },
            Self::Statement {
                revision,
                number,
                statements,
            } => write!(f, "{revision}: statement {number} of {statements}"),
            Self::Finished(applied) => write!(f, "{applied}"),
            Self::Done { count: 0 } => f.write_str("nothing was to be done"),
            Self::Done { count: 1 } => f.write_str("done: one revision"),
            Self::Done { count } => write!(f, "done: {count} revisions"),
            Self::Failed {
                kind: _,
                message,
                applied: _,
            } => write!(f, "failed: {message}"),
        }
    }
}

impl fmt::Display for PlannedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bundle: _,
            placement: _,
            revision,
            message,
            deed,
            sql: _,
            losses: _,
            reversible: _,
            outside,
        } = self;
        f.write_str(match deed {
            Deed::Applied => "apply",
            Deed::TakenBack => "take back",
            Deed::Stamped => "stamp",
            Deed::Unstamped => "unstamp",
        })?;
        write!(f, " {revision}")?;
        if !message.is_empty() {
            write!(f, " {}", on_one_line(message))?;
        }
        match outside {
            true => f.write_str(", outside of a transaction"),
            false => Ok(()),
        }
    }
}

/// A duration as people say it.
pub(crate) fn spoken(duration: Duration) -> String {
    match duration.as_millis() {
        millis if millis < 10_000 && millis % 1000 != 0 => format!("{millis} ms"),
        millis => format!("{} s", millis / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_causes_and_each_once() {
        let cause = Error::new(ErrorKind::Sql, "no unique index");
        let middle = Error::new(ErrorKind::Sql, "statement 1: no unique index").with_source(cause);
        let error = Error::new(ErrorKind::Sql, "it was not applied").with_source(middle);
        let Event::Failed { message, .. } = Event::failed(&error) else {
            panic!("it has failed");
        };
        assert_eq!(message, "it was not applied: statement 1: no unique index");
    }
}
