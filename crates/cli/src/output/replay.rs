//! What a replay of the revisions found.

use limbeck_postgres::{Fault, Finding, Outcome, Replay, Replayed};
use serde::Serialize;

use super::{aside, json, line, on_one_line};

pub(crate) fn replay(replay: &Replay, as_json: bool) {
    if as_json {
        return forms(replay);
    }
    if replay.revisions.is_empty() {
        aside("there are no revisions");
    }
    for replayed in &replay.revisions {
        let Replayed {
            revision, outcome, ..
        } = replayed;
        let told = match outcome {
            Outcome::Leads => "up, down and up again".to_owned(),
            Outcome::NoWayDown => "no way down".to_owned(),
            Outcome::NotReached => "not reached".to_owned(),
            _ => differences(replay, replayed),
        };
        let message = match revision.message.as_str() {
            "" => String::new(),
            message => format!(" ({})", on_one_line(message)),
        };
        line(format!("{}{message}: {told}", revision.id));
    }
    for finding in &replay.findings {
        match finding.fault {
            // Told with its revision.
            Fault::Down | Fault::UpAgain | Fault::Run => {}
            Fault::NoWayDown => aside(&finding.told),
            Fault::Models if !finding.differences.is_empty() => {
                for wanted in &finding.differences {
                    line(format!("models: {wanted}"));
                }
            }
            Fault::Models => line(format!("models: {}", finding.told)),
            _ => line(&finding.told),
        }
    }
    if replay.compared && replay.findings.iter().all(|it| it.fault != Fault::Models) {
        line("models: no difference");
    }
    let has = |fault| replay.findings.iter().any(|it| it.fault == fault);
    if has(Fault::Down) {
        aside(
            "\nhint: a way down takes back all that the way up makes, and makes anew what that drops: put what is \
             left or missing into `down.sql`",
        );
    } else if has(Fault::Models) {
        aside("\nhint: `limbeck revision --autogenerate -m \"…\"` writes the revision");
    }
}

/// What a revision has otherwise than it should.
fn differences(replay: &Replay, replayed: &Replayed) -> String {
    let told = replay.of(&replayed.revision.id).filter_map(|finding| {
        let Finding {
            fault,
            differences,
            told,
            ..
        } = finding;
        match fault {
            Fault::Down => Some(format!(
                "down does not lead back: {}",
                differences.join("; ")
            )),
            Fault::UpAgain => Some(format!(
                "up again makes something else: {}",
                differences.join("; ")
            )),
            Fault::Run => Some(on_one_line(told)),
            _ => None,
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

fn forms(replay: &Replay) {
    #[derive(Serialize)]
    struct Form {
        clean: bool,
        compared_with_models: bool,
        revisions: Vec<RevisionForm>,
        findings: Vec<FindingForm>,
    }
    #[derive(Serialize)]
    struct RevisionForm {
        revision: String,
        message: String,
        outcome: &'static str,
    }
    #[derive(Serialize)]
    struct FindingForm {
        fault: &'static str,
        revision: Option<String>,
        differences: Vec<String>,
        told: String,
    }
    let revisions = replay.revisions.iter().map(|replayed| RevisionForm {
        revision: replayed.revision.id.to_string(),
        message: replayed.revision.message.clone(),
        outcome: match replayed.outcome {
            Outcome::Leads => "leads_back",
            Outcome::NoWayDown => "no_way_down",
            Outcome::Differs => "differs",
            Outcome::Fails => "fails",
            _ => "not_reached",
        },
    });
    let findings = replay.findings.iter().map(|finding| FindingForm {
        fault: match finding.fault {
            Fault::Heads => "heads",
            Fault::NoWayDown => "no_way_down",
            Fault::Accepted => "accepted",
            Fault::Down => "down",
            Fault::UpAgain => "up_again",
            Fault::Consent => "consent",
            Fault::Run => "run",
            _ => "models",
        },
        revision: finding.revision.as_ref().map(ToString::to_string),
        differences: finding.differences.clone(),
        told: finding.told.clone(),
    });
    json(&Form {
        clean: replay.is_clean(),
        compared_with_models: replay.compared,
        revisions: revisions.collect(),
        findings: findings.collect(),
    });
}
