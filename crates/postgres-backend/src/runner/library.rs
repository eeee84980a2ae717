//! What to do where a library's revision fails, whose text is not the application's to change.

use std::collections::BTreeSet;

use limbeck_core::revision::Revision;
use limbeck_core::revision::across::{Member, member};
use limbeck_core::revision::plan::Direction;
use limbeck_core::token::significant;
use limbeck_core::{Error, Ident};

use super::BundleRun;
use super::failure::{At, STATEMENT_HINT};

/// The hint for a failure of a bundle's revision; `None` where the usual one serves.
pub(super) fn hint(
    error: &Error,
    at: Option<At<'_>>,
    revision: &Revision,
    bundle: &BundleRun,
    all: &[BundleRun],
    direction: Direction,
) -> Option<String> {
    let own = all.last()?;
    if own.name == bundle.name || error.hint() != Some(STATEMENT_HINT) {
        return None;
    }
    let name = &bundle.name;
    let copy = format!("copy it into your own chain (`limbeck revision --from-bundle {name}`)");
    let state = error.database().and_then(|said| said.sqlstate.as_deref());
    match state {
        Some("3F000" | "42P01" | "42704" | "42883") => {
            let statement = at.map(|at| at.statement.text.as_ref());
            if let Some((library, stood, stands)) = moved(statement?, revision, bundle, all) {
                return Some(format!(
                    "`{name}` wrote this revision where {library}, which it depends on, stood in the \
                     schema `{stood}`, and here that is in {stands}: place it in `{stood}`, or {copy} \
                     and name the schema there"
                ));
            }
        }
        Some("2BP01") if direction == Direction::Down => {
            return Some(format!(
                "something that is not of `{name}` depends on what it drops: move that aside (drop the constraint \
                 or the column, or let it refer to something else), and take this back again; nothing of this \
                 revision was taken back"
            ));
        }
        Some("2BP01") => {
            return Some(format!(
                "this is a revision of `{name}`, and something that is not of `{name}` depends on what it \
                 drops: in a revision of your own that goes before it, move that aside; or {copy} and see \
                 to it there"
            ));
        }
        _ => {}
    }
    Some(format!(
        "this is a revision of `{name}`, which is not yours to change, and nothing of it was kept: \
         remove what is in its way, or {copy} and put it right there"
    ))
}

/// A schema that a statement names and no bundle that the revision depends on stands in: those
/// bundles, where they stood then, where they stand.
fn moved(
    statement: &str,
    revision: &Revision,
    bundle: &BundleRun,
    all: &[BundleRun],
) -> Option<(String, String, String)> {
    let members: Vec<Member<'_>> = all.iter().map(BundleRun::member).collect();
    let depended: BTreeSet<usize> = revision
        .depends_on
        .iter()
        .filter_map(|on| member(&members, on.bundle.as_deref()?).ok())
        .collect();
    let placements: Vec<&Ident> = depended.iter().map(|&on| &all[on].placement).collect();
    if placements.is_empty() {
        return None;
    }
    let is_known = |schema: &str| {
        matches!(schema, "pg_catalog" | "information_schema" | "pg_temp")
            || schema == bundle.placement.as_str()
            || placements
                .iter()
                .any(|placement| placement.as_str() == schema)
    };
    let tokens: Vec<&str> = significant(statement).collect();
    let stood = tokens.windows(4).find_map(|window| {
        // Generated text quotes each of its names; what stands behind a dot is no schema.
        let [before, schema, ".", name] = window else {
            return None;
        };
        let schema = schema
            .strip_prefix('"')?
            .strip_suffix('"')?
            .replace("\"\"", "\"");
        (*before != "." && name.starts_with('"') && !is_known(&schema)).then_some(schema)
    })?;
    let told = |texts: Vec<String>, or: &str| texts.join(or);
    let names = depended.iter().map(|&on| format!("`{}`", all[on].name));
    let places: BTreeSet<String> = placements.iter().map(|at| format!("`{at}`")).collect();
    Some((
        told(names.collect(), " or "),
        stood,
        told(places.into_iter().collect(), " and "),
    ))
}
