//! Targets: what people type to name a place among the revisions.
//!
//! `head`, `heads`, `base`, `current`, an identifier or a label or the start of one, each but `heads` with
//! `+N` or `-N` behind it, and `+N` or `-N` alone, which count from what is current; all of it behind a
//! branch and an `@`, where it means what is on that branch. Nothing else: whatever follows is an error,
//! and so is a walk that does not say which branch to take or goes past the end.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result, near};
use crate::revision::RevisionId;
use crate::revision::graph::{RevisionGraph, and, or};

/// A place among the revisions, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The branch that it is on: a label, an identifier or the start of one.
    pub branch: Option<String>,
    /// Where to start.
    pub anchor: Anchor,
    /// How far to go from there: up where positive, down where negative.
    pub steps: i32,
}

/// Where a target starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The one head.
    Head,
    /// All heads: without a branch those that nothing stands on at all, on a branch those that are
    /// nobody's parent.
    Heads,
    /// Below all revisions.
    Base,
    /// What is applied; also where `+N` and `-N` start.
    Current,
    /// An identifier, a label, or the start of one.
    Revision(String),
}

impl Target {
    /// The one head.
    pub const HEAD: Self = Self::at(Anchor::Head);
    /// All heads.
    pub const HEADS: Self = Self::at(Anchor::Heads);
    /// Below all revisions.
    pub const BASE: Self = Self::at(Anchor::Base);

    const fn at(anchor: Anchor) -> Self {
        Self {
            branch: None,
            anchor,
            steps: 0,
        }
    }

    /// So many steps up (or down, where negative) from what is current.
    pub fn relative(steps: i32) -> Self {
        Self {
            steps,
            ..Self::at(Anchor::Current)
        }
    }

    /// Exactly this revision.
    pub fn revision(id: &RevisionId) -> Self {
        Self::at(Anchor::Revision(id.as_str().to_owned()))
    }

    /// Reads what somebody typed.
    ///
    /// # Errors
    /// [`ErrorKind::Target`] where it does not follow the grammar.
    pub fn parse(text: &str) -> Result<Self> {
        let (branch, place) = match text.split_once('@') {
            Some((branch, place)) => (Some(branch), place),
            None => (None, text),
        };
        if branch.is_some_and(|branch| RevisionId::new(branch).is_err()) {
            return Err(not_a_target(text));
        }
        let plain = diesel_version(place);
        let place = plain.as_deref().unwrap_or(place);
        let (anchor, steps) = match place.find(['+', '-']) {
            Some(at) => place.split_at(at),
            None => (place, ""),
        };
        let steps = parse_steps(text, steps)?;
        let anchor = match anchor {
            "" if steps != 0 => Anchor::Current,
            "head" => Anchor::Head,
            "heads" if steps != 0 => {
                return Err(Error::new(
                    ErrorKind::Target,
                    format!("`{text}` counts from several heads"),
                )
                .with_hint("count from one revision, by its identifier"));
            }
            "heads" => Anchor::Heads,
            "base" => Anchor::Base,
            "current" => Anchor::Current,
            id if RevisionId::new(id).is_ok() => Anchor::Revision(id.to_owned()),
            _ => return Err(not_a_target(text)),
        };
        Ok(Self {
            branch: branch.map(str::to_owned),
            anchor,
            steps,
        })
    }

    /// The revisions that this names, none of them for the base, where `applied` is what is applied.
    ///
    /// # Errors
    /// [`ErrorKind::Target`]: an identifier that is unknown or the start of several, `head` or a
    /// count where there are several heads, a walk over a fork or past the end, a branch that is not there
    /// or that the revision is not on.
    pub fn resolve(
        &self,
        graph: &RevisionGraph,
        applied: &BTreeSet<RevisionId>,
    ) -> Result<BTreeSet<RevisionId>> {
        let Self {
            branch,
            anchor,
            steps,
        } = self;
        let lineage = self.lineage(graph)?;
        let on_branch = |ids: Vec<&RevisionId>| -> BTreeSet<RevisionId> {
            let on =
                |id: &&RevisionId| lineage.as_ref().is_none_or(|lineage| lineage.contains(*id));
            ids.into_iter().filter(on).cloned().collect()
        };
        let start: BTreeSet<RevisionId> = match anchor {
            Anchor::Head => {
                let heads = on_branch(graph.heads());
                if heads.len() > 1 {
                    return Err(several_heads(graph, self, &heads));
                }
                heads
            }
            Anchor::Heads if branch.is_none() => {
                return Ok(graph.real_heads().into_iter().cloned().collect());
            }
            Anchor::Heads => return Ok(on_branch(graph.heads())),
            Anchor::Base => BTreeSet::new(),
            Anchor::Current => {
                let current = heads_of(graph, applied);
                let on_it = on_branch(current.iter().collect());
                match &lineage {
                    // What it had may have been taken up by what depends on it.
                    Some(lineage) if on_it.is_empty() => {
                        let on_it: BTreeSet<RevisionId> =
                            lineage.intersection(applied).cloned().collect();
                        if *steps > 0 {
                            heads_of(graph, &on_it)
                        } else {
                            let grew_on = |id: &RevisionId| {
                                let mut children = graph.children(id).into_iter();
                                children.any(|child| applied.contains(child))
                            };
                            on_it.into_iter().filter(|id| !grew_on(id)).collect()
                        }
                    }
                    _ => on_it,
                }
            }
            Anchor::Revision(text) => BTreeSet::from([match branch {
                Some(branch) => graph.find_in(branch, text)?.clone(),
                None => graph.find(text)?.clone(),
            }]),
        };
        if *steps == 0 {
            return Ok(start);
        }
        if start.len() > 1 {
            return Err(several_current(graph, &start, self));
        }
        let end = walk(graph, start.first(), self, lineage.as_ref())?;
        Ok(end.cloned().into_iter().collect())
    }

    /// The lineage of its branch.
    fn lineage(&self, graph: &RevisionGraph) -> Result<Option<BTreeSet<RevisionId>>> {
        let branch = self.branch.as_ref();
        let lineage = branch.map(|branch| Ok(graph.lineage(graph.branch(branch)?)));
        lineage.transpose()
    }
}

/// The applied revisions that no applied one stands on, neither as a parent nor by a dependency: the heads among
/// the history rows.
pub fn heads_of(graph: &RevisionGraph, applied: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
    let known = applied.iter().filter(|id| graph.contains(id));
    known
        .filter(|id| is_head(graph, applied, id))
        .cloned()
        .collect()
}

/// Whether no applied revision stands on one.
pub(super) fn is_head(
    graph: &RevisionGraph,
    applied: &BTreeSet<RevisionId>,
    id: &RevisionId,
) -> bool {
    !graph
        .required_by(id)
        .into_iter()
        .any(|above| applied.contains(above))
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            branch,
            anchor,
            steps,
        } = self;
        if let Some(branch) = branch {
            write!(f, "{branch}@")?;
        }
        match (anchor, steps) {
            (Anchor::Head, _) => f.write_str("head")?,
            (Anchor::Heads, _) => f.write_str("heads")?,
            (Anchor::Base, _) => f.write_str("base")?,
            (Anchor::Current, 0) => f.write_str("current")?,
            (Anchor::Current, _) => {}
            (Anchor::Revision(text), _) => f.write_str(text)?,
        }
        if *steps == 0 {
            Ok(())
        } else {
            write!(f, "{steps:+}")
        }
    }
}

/// The error for a count from several heads.
pub(super) fn several_current(
    graph: &RevisionGraph,
    heads: &BTreeSet<RevisionId>,
    target: &Target,
) -> Error {
    let names: Vec<String> = heads.iter().map(|head| graph.describe(head)).collect();
    Error::new(
        ErrorKind::Target,
        format!(
            "`{target}` counts from one revision, and {} are current",
            and(&names)
        ),
    )
    .with_hint(format!(
        "count from one of them, as in `{}{:+}`",
        names_first(heads),
        target.steps
    ))
}

/// The error for a walk past the end; `there` says how far it could go.
pub(super) fn too_far(target: &Target, there: &str) -> Error {
    let end = if target.steps > 0 { "head" } else { "base" };
    Error::new(
        ErrorKind::Target,
        format!("`{target}` goes too far: {there}"),
    )
    .with_hint(format!("`{end}` goes all the way"))
}

fn names_first(heads: &BTreeSet<RevisionId>) -> &str {
    heads.first().map_or("base", RevisionId::as_str)
}

fn several_heads(graph: &RevisionGraph, target: &Target, heads: &BTreeSet<RevisionId>) -> Error {
    let names: Vec<String> = heads.iter().map(|head| graph.describe(head)).collect();
    let error = Error::new(
        ErrorKind::Target,
        format!(
            "`{target}` could be any of {} heads: {}",
            heads.len(),
            and(&names)
        ),
    );
    error.with_hint(match &target.branch {
        None => "name one of them, say `heads`, or put one above the other by its `down_revision`"
            .to_owned(),
        Some(branch) => format!("name one of them, or say `{branch}@heads`"),
    })
}

/// Goes from a revision (`None` is the base) as many steps as the target says.
fn walk<'a>(
    graph: &'a RevisionGraph,
    start: Option<&'a RevisionId>,
    target: &Target,
    lineage: Option<&BTreeSet<RevisionId>>,
) -> Result<Option<&'a RevisionId>> {
    let name =
        |at: Option<&RevisionId>| at.map_or_else(|| "the base".to_owned(), |id| graph.describe(id));
    let up = target.steps > 0;
    let short = |steps: u32| {
        let way = if up { "up" } else { "down" };
        let there = match steps {
            0 => "no step leads".to_owned(),
            1 => "only one step leads".to_owned(),
            steps => format!("only {steps} steps lead"),
        };
        too_far(target, &format!("{there} {way} from {}", name(start)))
    };
    let mut at = start;
    for step in 0..target.steps.unsigned_abs() {
        let mut next = match (at, up) {
            (Some(id), true) => graph.children(id),
            (None, true) => graph.bases(),
            (Some(id), false) => graph.parents(id),
            (None, false) => return Err(short(step)),
        };
        // Only the way up forks where a branch can tell which way to take.
        if let Some(lineage) = lineage.filter(|_| up) {
            next.retain(|id| lineage.contains(*id));
        }
        at = match next.as_slice() {
            [] if up => return Err(short(step)),
            [] if graph.bases().len() > 1 && target.branch.is_none() => {
                return Err(Error::new(
                    ErrorKind::Target,
                    format!(
                        "`{target}` goes below {}, the base of one of several branches",
                        name(at)
                    ),
                )
                .with_hint("`base` is below all of them"));
            }
            [] => None,
            [only] => Some(only),
            several => {
                let names: Vec<String> = several.iter().map(|id| graph.describe(id)).collect();
                let side = if up { "above" } else { "below" };
                return Err(Error::new(
                    ErrorKind::Target,
                    format!(
                        "`{target}` could go several ways: {side} {} are {}",
                        name(at),
                        and(&names)
                    ),
                )
                .with_hint("name the revision itself"));
            }
        };
    }
    Ok(at)
}

/// A count of steps with its sign, or nothing.
fn parse_steps(target: &str, text: &str) -> Result<i32> {
    let Some(digits) = text.strip_prefix(['+', '-']) else {
        return Ok(0);
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_a_target(target));
    }
    match text.parse() {
        Ok(0) => Err(
            Error::new(ErrorKind::Target, format!("`{target}` goes nowhere"))
                .with_hint("count at least one step"),
        ),
        Ok(steps) => Ok(steps),
        Err(_) => Err(Error::new(
            ErrorKind::Target,
            format!("`{target}` counts too many steps"),
        )),
    }
}

fn not_a_target(text: &str) -> Error {
    let error = Error::new(
        ErrorKind::Target,
        format!("`{}` is no target", text.escape_debug()),
    );
    match near(text, ["head", "heads", "base", "current"]).as_slice() {
        [] => error.with_hint(
            "a target is `head`, `heads`, `base`, `current`, an identifier or the start of one, \
             with `+N` or `-N` behind it, or `+N` or `-N` alone, and a branch and `@` before it",
        ),
        words => error.with_hint(format!("did you mean {}?", or(words))),
    }
}

/// A Diesel version in the spelling of its folder, `2026-11-24-140503`, without its dashes.
fn diesel_version(text: &str) -> Option<String> {
    let lengths = text.split('-').map(str::len);
    let digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    (digits && lengths.eq([4, 2, 2, 6])).then(|| text.replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::graph::tests::{graph, ids};

    const CHAIN: &str = "1975ea\n1a2b: 1975ea\n20260101000000: 1a2b";
    const FORK: &str = "a\nb: a\nc: a\nm: b c\nd: m\ne: m";

    #[track_caller]
    fn check(revisions: &str, current: &[&str], target: &str, expected: Result<&[&str], &str>) {
        let resolved = Target::parse(target).and_then(|target| {
            let shown = target.to_string();
            assert_eq!(
                Target::parse(&shown).expect("it was understood before"),
                target
            );
            target.resolve(&graph(revisions), &ids(current.iter().copied()))
        });
        match (resolved, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, ids(expected.iter().copied())),
            (Err(error), Err(expected)) => {
                assert_eq!(error.kind(), ErrorKind::Target);
                let hint = error.hint().unwrap_or("none");
                assert_eq!(format!("{error} | {hint}"), expected);
            }
            (found, expected) => panic!("found {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn words_mean_places() {
        check(CHAIN, &[], "head", Ok(&["20260101000000"]));
        check(CHAIN, &[], "heads", Ok(&["20260101000000"]));
        check(CHAIN, &[], "base", Ok(&[]));
        check(CHAIN, &["1a2b"], "current", Ok(&["1a2b"]));
        check(CHAIN, &[], "current", Ok(&[]));
        check("", &[], "head", Ok(&[]));
        check(FORK, &[], "heads", Ok(&["d", "e"]));
        check(
            FORK,
            &[],
            "head",
            Err(
                "`head` could be any of 2 heads: `d` (dir_d) and `e` (dir_e) | \
                 name one of them, say `heads`, or put one above the other by its `down_revision`",
            ),
        );
    }

    #[test]
    fn the_start_of_an_identifier_is_enough() {
        check(CHAIN, &[], "1975ea", Ok(&["1975ea"]));
        check(CHAIN, &[], "19", Ok(&["1975ea"]));
        check(CHAIN, &[], "2", Ok(&["20260101000000"]));
        check(CHAIN, &[], "2026-01-01-000000", Ok(&["20260101000000"]));
        check("a\nab: a", &[], "a", Ok(&["a"]));
        check(
            CHAIN,
            &[],
            "1",
            Err(
                "2 revisions start with `1`: `1975ea` (dir_1975ea) and `1a2b` (dir_1a2b) | \
                 type more of the identifier",
            ),
        );
        check(
            CHAIN,
            &[],
            "1975eb",
            Err("there is no revision `1975eb` | did you mean `1975ea`?"),
        );
        check(
            CHAIN,
            &[],
            "zzz",
            Err("there is no revision `zzz` | `limbeck history` lists those that there are"),
        );
    }

    #[test]
    fn counts_go_up_and_down() {
        check(CHAIN, &[], "+1", Ok(&["1975ea"]));
        check(CHAIN, &["1975ea"], "+2", Ok(&["20260101000000"]));
        check(CHAIN, &["1a2b"], "-1", Ok(&["1975ea"]));
        check(CHAIN, &["1a2b"], "-2", Ok(&[]));
        check(CHAIN, &[], "head-1", Ok(&["1a2b"]));
        check(CHAIN, &[], "base+1", Ok(&["1975ea"]));
        check(CHAIN, &[], "19+1", Ok(&["1a2b"]));
        check(CHAIN, &[], "1a-2", Ok(&[]));
        check(
            CHAIN,
            &["1a2b"],
            "+2",
            Err(
                "`+2` goes too far: only one step leads up from `1a2b` (dir_1a2b) | \
                 `head` goes all the way",
            ),
        );
        check(
            CHAIN,
            &[],
            "1a-3",
            Err(
                "`1a-3` goes too far: only 2 steps lead down from `1a2b` (dir_1a2b) | \
                 `base` goes all the way",
            ),
        );
        check(
            CHAIN,
            &[],
            "head+1",
            Err(
                "`head+1` goes too far: no step leads up from `20260101000000` \
                 (dir_20260101000000) | `head` goes all the way",
            ),
        );
    }

    #[test]
    fn counts_take_no_turns() {
        let by_name = "name the revision itself";
        check(
            FORK,
            &["a"],
            "+1",
            Err(&format!(
                "`+1` could go several ways: above `a` (dir_a) are `b` (dir_b) and `c` (dir_c) | \
                 {by_name}"
            )),
        );
        check(
            FORK,
            &[],
            "m-1",
            Err(&format!(
                "`m-1` could go several ways: below `m` (dir_m) are `b` (dir_b) and `c` (dir_c) | \
                 {by_name}"
            )),
        );
        check(
            FORK,
            &["b", "c"],
            "+1",
            Err(
                "`+1` counts from one revision, and `b` (dir_b) and `c` (dir_c) are current | \
                 count from one of them, as in `b+1`",
            ),
        );
        check(
            "a\nz",
            &[],
            "a-1",
            Err(
                "`a-1` goes below `a` (dir_a), the base of one of several branches | \
                 `base` is below all of them",
            ),
        );
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in [
            "", "+", "-", "a+", "a+1b", "a+1+1", "a b", "a:b", "@head", "a@", "a@b@c", "a b@head",
            " a", "ä", "2-",
        ] {
            let error = Target::parse(text).expect_err(text);
            assert!(
                error.to_string().ends_with("is no target"),
                "{text}: {error}"
            );
        }
        for (text, message) in [
            ("a+0", "`a+0` goes nowhere"),
            ("-0", "`-0` goes nowhere"),
            ("heads-1", "`heads-1` counts from several heads"),
            ("+99999999999", "`+99999999999` counts too many steps"),
        ] {
            let error = Target::parse(text).expect_err(text);
            assert_eq!(error.to_string(), message);
        }
        check(
            CHAIN,
            &[],
            "bsae",
            Err("there is no revision `bsae` | did you mean `base`?"),
        );
    }
}
