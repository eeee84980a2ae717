//! Something goes and something else comes that is the same in all but the name.

use limbeck_core::ObjectId;

use super::{Hazard, Severity};

pub(super) const CODE: &str = "perhaps_renamed";

/// The hazard of taking a rename for a drop and a create.
pub(crate) fn perhaps_renamed(old: &ObjectId, new: &ObjectId) -> Hazard {
    let names = |id: &ObjectId| {
        let text = id.to_string();
        let names = text.split_once(':').map_or("", |(_, names)| names);
        names.strip_prefix("public.").unwrap_or(names).to_owned()
    };
    let (was, is) = (names(old), names(new));
    Hazard {
        code: CODE,
        object: new.clone(),
        message: format!(
            "the {} `{is}` may be what `{was}` was: that is dropped, and this one made",
            old.kind()
        ),
        advice: format!("if it is the same, say so: `--rename '{was}={is}'`"),
        severity: Severity::Ambiguous,
    }
}
