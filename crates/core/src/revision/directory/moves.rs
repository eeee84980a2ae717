//! Changing several folders at once, all of them or none.
//!
//! What is to be done is written into one folder, which then gets its name in one step: from that
//! moment on it is done, by whoever comes next if this process is killed. Each step may be begun again.

use std::fs;
use std::path::{Path, PathBuf};

use super::write::{TEMPORARY, Temporary, random, sync, write_file};
use super::{HEADS, Places, file, heads, io};
use crate::error::{Error, ErrorKind, Result};
use crate::revision::RevisionId;

/// What becomes of a folder.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// The directory that it is in.
    pub(super) place: PathBuf,
    /// Its name.
    pub(super) from: String,
    /// Its next name, which may be the same.
    pub(super) to: String,
    /// The next text of its `metadata.toml`, where that changes.
    pub(super) metadata: Option<String>,
}

/// The folder of what is to be done.
const MOVES: &str = ".limbeck-moves";
/// In it, for each step.
const PLACE: &str = "place";
const FROM: &str = "from";
const TO: &str = "to";
const METADATA: &str = "metadata.toml";

/// Does all of it, in this order, and writes `HEADS` at the end. Only to be called under the lock, after a
/// sweep.
pub(super) fn make<'a>(
    places: &Places,
    moves: &[Move],
    heads: impl IntoIterator<Item = &'a RevisionId>,
) -> Result<()> {
    begin(places, moves, heads)?;
    finish(places)
}

fn begin<'a>(
    places: &Places,
    moves: &[Move],
    heads: impl IntoIterator<Item = &'a RevisionId>,
) -> Result<()> {
    let directory = &*places.main;
    let temporary = Temporary(directory.join(format!("{TEMPORARY}{:016x}", random())));
    let made = |path: &Path| {
        fs::create_dir(path).map_err(|error| io("make the folder", path, error))?;
        Ok::<_, Error>(())
    };
    made(&temporary.0)?;
    for (number, one) in moves.iter().enumerate() {
        let Move {
            place,
            from,
            to,
            metadata,
        } = one;
        let step = temporary.0.join(format!("{number:06}"));
        made(&step)?;
        let place = places.all().position(|one| *one == **place);
        write_file(&step.join(PLACE), &place.unwrap_or_default().to_string())?;
        write_file(&step.join(FROM), from)?;
        write_file(&step.join(TO), to)?;
        if let Some(metadata) = metadata {
            write_file(&step.join(METADATA), metadata)?;
        }
        sync(&step);
    }
    write_file(&temporary.0.join(HEADS), &heads::render(heads))?;
    sync(&temporary.0);
    let begun = directory.join(MOVES);
    fs::rename(&temporary.0, &begun).map_err(|error| io("make the folder", &begun, error))?;
    sync(directory);
    Ok(())
}

/// Whether somebody has begun and not ended.
pub(super) fn are_begun(directory: &Path) -> bool {
    directory.join(MOVES).is_dir()
}

/// Ends what is begun, if anything is. Only to be called under the lock.
pub(super) fn finish(places: &Places) -> Result<()> {
    let directory = &*places.main;
    let begun = directory.join(MOVES);
    if !begun.is_dir() {
        return Ok(());
    }
    for step in super::names(&begun)? {
        if step != HEADS {
            take(places, &begun.join(step))?;
        }
    }
    let coming = begun.join(HEADS);
    if coming.is_file() {
        rename(&coming, &directory.join(HEADS))?;
    }
    sync(directory);
    fs::remove_dir_all(&begun).map_err(|error| io("remove", &begun, error))
}

/// One step, or what is left of it.
fn take(places: &Places, step: &Path) -> Result<()> {
    let place = place(places, &step.join(PLACE))?;
    let from = folder(place, &step.join(FROM))?;
    let to = folder(place, &step.join(TO))?;
    // Where both are there, this step is done, and the one name is already another's.
    let is_done = !from.is_dir() || from != to && to.exists();
    if is_done {
        return Ok(());
    }
    let metadata = step.join(METADATA);
    if metadata.is_file() {
        rename(&metadata, &from.join(METADATA))?;
        sync(&from);
    }
    if from != to {
        rename(&from, &to)?;
    }
    Ok(())
}

/// The directory whose number among all of them a file holds.
fn place<'a>(places: &'a Places, path: &Path) -> Result<&'a Path> {
    let number = super::read_text(path)?.parse().ok();
    let place = number.and_then(|number| places.all().nth(number));
    place.ok_or_else(|| {
        Error::new(
            ErrorKind::Directory,
            format!(
                "`{}` tells of a directory that is not configured",
                path.display()
            ),
        )
        .with_location(file(path))
        .with_hint(
            "name the directories as they were when the command was begun, and run any other",
        )
    })
}

/// The folder whose name a file holds.
fn folder(directory: &Path, path: &Path) -> Result<PathBuf> {
    let name = super::read_text(path)?;
    let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    match is_plain {
        true => Ok(directory.join(name)),
        // Nothing of ours: it would lead out of the directory.
        false => Err(Error::new(
            ErrorKind::Directory,
            format!("`{}` names no folder of the directory", path.display()),
        )
        .with_location(file(path))
        .with_hint(format!("delete `{MOVES}`"))),
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| io("write", to, error))
}

#[cfg(test)]
mod tests {
    use super::super::tests::Scratch;
    use super::super::{load, write::lock};
    use super::*;

    const A: &[u8] = b"revision = \"aaa\"\n";
    const B: &[u8] = b"revision = \"bbb\"\n";

    /// `1` moves to where `2` is, and `2` to `3`.
    fn moves() -> [Move; 2] {
        let step = |from: &str, to: &str, metadata: &str| Move {
            place: PathBuf::new(),
            from: from.to_owned(),
            to: to.to_owned(),
            metadata: Some(metadata.to_owned()),
        };
        [
            step("2", "3", "revision = \"bbb\"\ndown_revision = \"aaa\"\n"),
            step("1", "2", "revision = \"aaa\"\nmessage = \"moved\"\n"),
        ]
    }

    fn scratch() -> Scratch {
        Scratch::new(&[
            ("1/up.sql", b""),
            ("1/metadata.toml", A),
            ("1/notes.md", b"words"),
            ("2/up.sql", b""),
            ("2/metadata.toml", B),
            (HEADS, b"aaa\nbbb\n"),
        ])
    }

    #[track_caller]
    fn is_done(scratch: &Scratch) {
        let (graph, source) = load(&scratch.0).expect("it is in order");
        let names: Vec<&str> = source
            .entries
            .iter()
            .map(|entry| entry.revision.directory.as_str())
            .collect();
        assert_eq!(names, ["2", "3"]);
        assert!(graph.is_linear());
        assert_eq!(source.entries[0].revision.message, "moved");
        assert_eq!(
            scratch.text("2/notes.md"),
            "words",
            "what else is there stays"
        );
        assert!(!are_begun(&scratch.0));
    }

    #[test]
    fn whoever_comes_next_ends_what_is_begun_wherever_it_stopped() {
        let id = RevisionId::new("bbb").expect("an identifier");
        // Killed after so many of its four renames.
        for done in 0..=4 {
            let scratch = scratch();
            begin(&Places::from(&scratch.0), &moves(), [&id]).expect("it is begun");
            let begun = scratch.0.join(MOVES);
            let renames = [
                (begun.join("000000/metadata.toml"), "2/metadata.toml"),
                (scratch.0.join("2"), "3"),
                (begun.join("000001/metadata.toml"), "1/metadata.toml"),
                (scratch.0.join("1"), "2"),
            ];
            for (from, to) in &renames[..done] {
                rename(from, &scratch.0.join(to)).expect("a rename");
            }
            is_done(&scratch);
        }
    }

    #[test]
    fn what_is_not_begun_is_swept_away() {
        let scratch = scratch();
        let left = scratch.0.join(".limbeck-0123");
        fs::create_dir(&left).expect("a folder");
        let _lock = lock(&scratch.0).expect("it can be locked");
        super::super::write::sweep(&Places::from(&scratch.0)).expect("it is swept");
        assert!(!left.exists());
        assert_eq!(scratch.text(HEADS), "aaa\nbbb\n");
    }

    #[test]
    fn a_name_that_leads_out_of_the_directory_is_not_followed() {
        let scratch = scratch();
        let begun = scratch.0.join(MOVES).join("000000");
        fs::create_dir_all(&begun).expect("a folder");
        fs::write(begun.join(PLACE), "0").expect("a file");
        fs::write(begun.join(FROM), "1").expect("a file");
        fs::write(begun.join(TO), "../elsewhere").expect("a file");
        let error = finish(&Places::from(&scratch.0)).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Directory);
        assert!(scratch.0.join("1").is_dir());
    }
}
