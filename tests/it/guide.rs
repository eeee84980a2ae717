//! The pages of the guide show what stands in the examples, which are compiled and run; and of what a
//! page shows whole, packages are put together and compiled as a reader does.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::Package;
use crate::project::run;

/// A block of a page that says which file it shows.
struct Block {
    page: PathBuf,
    file: String,
    /// Whether it shows all of the file.
    whole: bool,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a text behind `<!-- file -->` or `<!-- file, whole -->`.
fn blocks(page: &Path, text: &str) -> Vec<Block> {
    let mut parts = text.split("<!-- ");
    parts.next();
    parts
        .map(|part| {
            let (file, rest) = part.split_once(" -->\n").expect("the remark ends");
            let end = rest.find(|c| c != '`').expect("a block follows");
            let (fence, rest) = rest.split_at(end);
            assert!(fence.len() > 2, "{}: {file}: no block", page.display());
            let (_, rest) = rest.split_once('\n').expect("the block begins");
            let (block, _) = rest
                .split_once(&format!("\n{fence}\n"))
                .expect("the block ends");
            let whole = file.strip_suffix(", whole");
            Block {
                page: page.to_owned(),
                file: whole.unwrap_or(file).to_owned(),
                whole: whole.is_some(),
                text: format!("{block}\n"),
            }
        })
        .collect()
}

#[test]
fn what_the_guide_shows_of_files_stands_in_them() {
    let mut shown = 0;
    for page in fs::read_dir(root().join("guide")).expect("there is a guide") {
        let page = page.expect("the folder can be read").path();
        if page.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&page).expect("a page is UTF-8");
        for block in blocks(&page, &text) {
            let Block {
                page,
                file,
                whole,
                text,
            } = block;
            let there = fs::read_to_string(root().join(&file))
                .unwrap_or_else(|error| panic!("{}: {file}: {error}", page.display()));
            let page = page.display();
            if whole {
                assert_eq!(text, there, "{page} shows {file}, and not as it is");
            } else {
                assert!(
                    there.contains(&text),
                    "{page} shows what is not in {file}:\n{text}"
                );
            }
            shown += 1;
        }
    }
    assert!(shown > 5, "only {shown} blocks name their file");
}

/// What the `cargo add` lines of a page between two headings add, as lines of a manifest.
fn added(section: &str) -> String {
    let mut manifest = String::new();
    for line in section
        .lines()
        .filter_map(|line| line.strip_prefix("cargo add "))
    {
        let line = line.split(" #").next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let name = words.next().expect("what is added");
        let mut said = vec![match name {
            "limbeck" => format!("path = {:?}", env!("CARGO_MANIFEST_DIR")),
            "diesel" => "version = \"2.3\"".to_owned(),
            "chrono" => "version = \"0.4\"".to_owned(),
            "accounts" => String::new(),
            other => panic!("which version of {other}?"),
        }];
        while let Some(word) = words.next() {
            match word {
                "--no-default-features" => said.push("default-features = false".to_owned()),
                "--features" => {
                    let features = words.next().expect("features");
                    let features: Vec<&str> = features.split(',').collect();
                    said.push(format!("features = {features:?}"));
                }
                "--path" => {
                    // Beside each other, under the names that test packages have.
                    let path = words.next().expect("a path").replace("../", "../guide-");
                    said.push(format!("path = {path:?}"));
                }
                other => panic!("what is {other}?"),
            }
        }
        said.retain(|word| !word.is_empty());
        manifest.push_str(&format!("{name} = {{ {} }}\n", said.join(", ")));
    }
    manifest
}

/// Copies a folder of revisions: a reader has them from `limbeck revision --autogenerate`.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("the file is copied");
        }
    }
}

/// Only from what stands on the page, but for the revisions, two packages are put together.
#[test]
fn the_library_and_its_application_are_complete() {
    let page = root().join("guide/in-a-library.md");
    let text = fs::read_to_string(&page).expect("a page is UTF-8");
    let (_, text) = text.split_once("\n## The library\n").expect("the library");
    let (library, rest) = text
        .split_once("\n## The application\n")
        .expect("the application");
    let (application, _) = rest.split_once("\n## ").expect("what follows");
    let mut packages = Vec::new();
    for (name, example, section) in [
        ("guide-accounts", "examples/accounts", library),
        ("guide-accounts-host", "examples/accounts-host", application),
    ] {
        let package = Package::new(name, &added(section));
        fs::create_dir_all(package.root.join("tests")).expect("a folder");
        let mut manifest = fs::read_to_string(package.root.join("Cargo.toml")).expect("a text");
        // As in the page, whose folders are called as the packages are.
        let own = name.strip_prefix("guide-").expect("the guide's");
        manifest = manifest.replace(&format!("name = {name:?}"), &format!("name = {own:?}"));
        for block in blocks(&page, section) {
            let file = block.file.strip_prefix(example).map(|rest| &rest[1..]);
            match file {
                Some("Cargo.toml") => manifest.push_str(&block.text),
                Some(file) if block.whole => package.write(file, &block.text),
                _ => {}
            }
        }
        package.write("Cargo.toml", &manifest);
        copy(
            &root().join(example).join("migrations"),
            &package.root.join("migrations"),
        );
        packages.push(package);
    }
    let [library, application] = packages.as_slice() else {
        panic!("there are two");
    };
    // The application's libpq is the library's, too; its own program brings one.
    let cargo = Path::new(env!("CARGO"));
    let check = ["check", "--offline", "--quiet"];
    run(application.in_it(cargo).args(check)).exits(0);
    run(library
        .in_it(cargo)
        .args(check)
        .args(["--features", "revise", "--bin", "revise"]))
    .exits(0);
}
