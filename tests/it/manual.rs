//! Completions for shells and manual pages.

use std::fs;
use std::process::{Command, Stdio};

use crate::project::{PASSWORD, Project};

#[test]
fn shells_get_what_they_complete_by() {
    let project = Project::empty();
    for (shell, word) in [
        ("bash", "complete -F _limbeck"),
        ("zsh", "#compdef limbeck"),
        ("fish", "complete -c limbeck"),
    ] {
        let told = project.limbeck(&["completions", shell]).exits(0);
        assert_eq!(told.stderr, "");
        for expected in [word, "ensure-version", "skip-unprintable"] {
            assert!(told.stdout.contains(expected), "{shell} lacks {expected}");
        }
    }
    let told = project.limbeck(&["completions", "tcsh"]).exits(2);
    assert!(
        told.stderr.contains("possible values: bash, zsh, fish"),
        "{told}"
    );
}

#[test]
fn bash_completes_commands_and_options() {
    let project = Project::empty();
    let completions = project.limbeck(&["completions", "bash"]).exits(0).stdout;
    let check = |words: &[&str], expected: &str| {
        let last = words.len() - 1;
        let script = format!(
            "{completions}\nCOMP_WORDS=({}); COMP_CWORD={last}; _limbeck limbeck '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words[last],
            words[last - 1],
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &script])
            .stdin(Stdio::null())
            .output()
            .expect("bash starts");
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(told.trim(), expected, "{words:?}");
    };
    check(&["limbeck", "ens"], "ensure-version");
    check(&["limbeck", "upgrade", "--sk"], "--skip-unprintable");
    check(&["limbeck", "plan", "down"], "downgrade");
    check(&["limbeck", "completions", "f"], "fish");
}

#[test]
fn every_command_has_a_manual_page() {
    let project = Project::empty();
    let url = format!("postgres://me:{PASSWORD}@localhost/blog");
    let told = project
        .limbeck_with(&["man", "--out", "a/b"], &[("LIMBECK_DATABASE_URL", &url)])
        .exits(0);
    let listed: Vec<&str> = told
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("wrote a/b/"))
        .collect();
    let mut there: Vec<String> = fs::read_dir(project.path("a/b"))
        .expect("it is made")
        .map(|entry| {
            entry
                .expect("it is read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    there.sort();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(there, sorted);
    let help = project.limbeck(&["--help"]).exits(0).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        // What goes on behind it is of the line above.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 15, "{help}");
    for command in commands {
        let page = project.read(format!("a/b/limbeck-{command}.1"));
        assert!(page.contains("\"limbeck 0."), "{page}");
        assert!(
            page.contains(".SH OPTIONS") && !page.contains(PASSWORD),
            "{page}"
        );
    }
    let page = project.read("a/b/limbeck-plan-upgrade.1");
    assert!(page.contains("LIMBECK_DATABASE_URL"), "{page}");
    // A second time the same is written.
    project.limbeck(&["man", "--out", "a/b"]).exits(0);
    assert_eq!(project.read("a/b/limbeck-plan-upgrade.1"), page);
    let told = project.limbeck(&["man"]).exits(2);
    assert!(told.stderr.contains("--out"), "{told}");
}
