//! What is made of the arguments for others to read: completions for shells, manual pages.

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use limbeck_core::{Error, ErrorKind, Result};

use crate::args::{Cli, Shell};

/// What a shell needs to complete the commands.
pub fn completions(shell: Shell) -> String {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "limbeck", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The manual pages, each with the name of its file.
pub fn pages() -> Vec<(String, String)> {
    fn visit(command: &clap::Command, pages: &mut Vec<(String, String)>) {
        let page = clap_mangen::Man::new(command.clone())
            .source(concat!("limbeck ", env!("CARGO_PKG_VERSION")));
        let mut text = Vec::new();
        page.render(&mut text)
            .expect("a page is rendered into memory");
        pages.push((
            page.get_filename(),
            String::from_utf8_lossy(&text).into_owned(),
        ));
        for command in command.get_subcommands() {
            visit(command, pages);
        }
    }
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    visit(&root, &mut pages);
    pages
}

/// Writes the manual pages into a folder, which is made where it is missing. What this wrote there before is written
/// anew.
///
/// # Errors
/// When the disk refuses.
pub fn write_pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let unwritable = |path: &Path, error| {
        Error::new(
            ErrorKind::Io,
            format!("`{}` cannot be written", path.display()),
        )
        .with_source(error)
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    let mut written = Vec::new();
    for (name, text) in pages() {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| unwritable(&path, error))?;
        written.push(path);
    }
    Ok(written)
}
