//! The pages of the guide show what stands in the examples, which are compiled and run.

use std::fs;
use std::path::Path;

/// Every block behind `<!-- file -->` stands in that file, as it is.
#[test]
fn what_the_guide_shows_of_files_stands_in_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut shown = 0;
    for page in fs::read_dir(root.join("guide")).expect("there is a guide") {
        let page = page.expect("the folder can be read").path();
        if page.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&page).expect("a page is UTF-8");
        let mut parts = text.split("<!-- ");
        parts.next();
        for part in parts {
            let (file, rest) = part.split_once(" -->\n").expect("the remark ends");
            let (_, rest) = rest.split_once("```").expect("a block follows");
            let (_, rest) = rest.split_once('\n').expect("the block begins");
            let (block, _) = rest.split_once("```").expect("the block ends");
            let path = root.join(file);
            let whole = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {file}: {error}", page.display()));
            assert!(
                whole.contains(block),
                "{} shows what is not in {file}:\n{block}",
                page.display()
            );
            shown += 1;
        }
    }
    assert!(shown > 5, "only {shown} blocks name their file");
}
