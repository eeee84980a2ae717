//! The directories that the revisions of one bundle stand in: one, or several beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the revisions of a bundle stand: a directory with `HEADS`, which is of all of them, and perhaps others
/// beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The directory with `HEADS`.
    pub main: PathBuf,
    /// The others.
    pub more: Vec<PathBuf>,
}

impl Places {
    /// One directory alone.
    pub fn one(main: impl Into<PathBuf>) -> Self {
        Self {
            main: main.into(),
            more: Vec::new(),
        }
    }

    /// All directories, the one with `HEADS` first.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        let Self { main, more } = self;
        [main].into_iter().chain(more).map(PathBuf::as_path)
    }

    /// One that is named twice.
    pub(super) fn twice(&self) -> Option<&Path> {
        let mut known = BTreeSet::new();
        let mut all = self.all().filter(|_| !self.more.is_empty());
        all.find(|one| {
            !known.insert(std::fs::canonicalize(one).unwrap_or_else(|_| one.to_path_buf()))
        })
    }

    /// The one of them that a path is, whichever way it is written.
    pub fn find(&self, path: &Path) -> Option<&Path> {
        let whole = |path: &Path| std::fs::canonicalize(path).ok();
        self.all()
            .find(|one| *one == path || whole(one).is_some_and(|one| whole(path) == Some(one)))
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Places {
    fn from(path: &P) -> Self {
        Self::one(path.as_ref())
    }
}

impl From<PathBuf> for Places {
    fn from(path: PathBuf) -> Self {
        Self::one(path)
    }
}

impl From<&Places> for Places {
    fn from(places: &Places) -> Self {
        places.clone()
    }
}
