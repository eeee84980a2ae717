//! Hazards and operations, in words and as JSON.

use limbeck_core::schema::diff::in_words;
use limbeck_postgres::{Draft, Hazard};
use serde::Serialize;

use super::{aside, warning};

#[derive(Serialize)]
pub(super) struct HazardForm {
    pub(super) code: String,
    pub(super) object: String,
    pub(super) message: String,
    pub(super) advice: String,
    pub(super) consent: String,
}

pub(super) fn hazard_forms(hazards: &[Hazard]) -> Vec<HazardForm> {
    hazards
        .iter()
        .map(|hazard| HazardForm {
            code: hazard.code.to_owned(),
            object: hazard.object.to_string(),
            message: hazard.message.clone(),
            advice: hazard.advice.clone(),
            consent: hazard.consent(),
        })
        .collect()
}

pub(super) fn tell_hazards(hazards: &[Hazard]) {
    for hazard in hazards {
        warning(&format!("{} ({})", hazard.message, hazard.code));
        aside(format!("  instead: {}", hazard.advice));
    }
}

pub(super) fn operations(draft: &Draft) -> Vec<String> {
    in_words(&draft.operations)
}
