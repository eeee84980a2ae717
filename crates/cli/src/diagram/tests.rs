//! What a picture shows, and that nobody's message becomes markup.

use limbeck_core::revision::sql_digest;
use roxmltree::Document;

use super::*;

/// Revisions, each with its parents, what it depends on, its labels and its message.
type Told<'a> = (
    &'a str,
    &'a [&'a str],
    &'a [&'a str],
    &'a [&'a str],
    &'a str,
);

fn graph(revisions: &[Told<'_>]) -> RevisionGraph {
    let id = |text: &&str| RevisionId::new(*text).expect("an identifier");
    let revisions = revisions
        .iter()
        .map(|(name, parents, depends_on, labels, message)| {
            let mut revision = Revision::new(id(name), sql_digest(""));
            revision.parents = parents.iter().map(id).collect();
            let depends_on = depends_on.iter().map(|text| text.parse());
            revision.depends_on = depends_on.collect::<Result<_, _>>().expect("dependencies");
            revision.branch_labels = labels.iter().map(|text| (*text).to_owned()).collect();
            revision.message = (*message).to_owned();
            revision
        });
    RevisionGraph::new(revisions.collect()).expect("a graph")
}

fn small() -> RevisionGraph {
    graph(&[
        ("aa", &[], &[], &[], "add users"),
        (
            "bb",
            &["aa"],
            &[],
            &["shop"],
            "<b>\"carts\" & `more` #1;</b>\n%% next",
        ),
        ("cc", &["aa"], &["shop"], &[], ""),
        (
            "dd",
            &["bb", "cc"],
            &["people:p1"],
            &[],
            &"long ".repeat(20),
        ),
    ])
}

#[test]
fn mermaid_has_a_line_for_each_revision_and_edge() {
    assert_eq!(
        mermaid(&small()),
        "flowchart TD\n    \
         r0[\"aa<br/>add users\"]:::revision\n    \
         r1[\"bb #40;shop#41;<br/>#60;b#62;#34;carts#34; #38; #96;more#96; #35;1#59;#60;#47;b#62;#92;n#37;#37; next\"]\
         :::revision\n    \
         r2[\"cc\"]:::revision\n    \
         r3[\"people#58;p1\"]:::foreign\n    \
         r4[\"dd<br/>long long long long long long long long long lo…\"]:::head\n    \
         r0 --> r1\n    \
         r0 --> r2\n    \
         r1 -.-> r2\n    \
         r1 --> r4\n    \
         r2 --> r4\n    \
         r3 -.-> r4\n    \
         classDef head stroke-width:3px\n    \
         classDef foreign stroke-dasharray:4 3\n"
    );
    assert!(mermaid(&graph(&[])).starts_with("flowchart TD\n"));
}

/// The boxes of a picture: class, texts, place and size.
fn boxes(svg: &str) -> Vec<(String, Vec<String>, [usize; 4])> {
    let document = Document::parse(svg).expect("it is XML");
    let groups = document.descendants().filter(|node| node.has_tag_name("g"));
    let boxes = groups.map(|group| {
        let texts = group.children().filter(|node| node.has_tag_name("text"));
        let texts = texts.map(|node| node.text().unwrap_or_default().to_owned());
        let rect = group.children().find(|node| node.has_tag_name("rect"));
        let rect = rect.expect("a box");
        let number = |name: &str| {
            let value = rect.attribute(name).expect("a number");
            value.parse::<usize>().expect("a number")
        };
        (
            group.attribute("class").unwrap_or_default().to_owned(),
            texts.collect(),
            ["x", "y", "width", "height"].map(number),
        )
    });
    boxes.collect()
}

/// The corners of the lines of a picture, each with its class.
fn lines(svg: &str) -> Vec<(String, Vec<[usize; 2]>)> {
    let document = Document::parse(svg).expect("it is XML");
    let paths = document
        .descendants()
        .filter(|node| node.has_tag_name("path") && node.attribute("marker-end").is_some());
    let lines = paths.map(|path| {
        let told = path.attribute("d").expect("a path");
        let numbers: Vec<usize> = told
            .split(|c: char| !c.is_ascii_digit())
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().expect("a number"))
            .collect();
        let points = numbers.chunks(2).map(|point| [point[0], point[1]]);
        let class = path.attribute("class").unwrap_or_default().to_owned();
        (class, points.collect())
    });
    lines.collect()
}

#[test]
fn a_picture_shows_revisions_heads_labels_and_dependencies() {
    let svg = svg(&small());
    let boxes = boxes(&svg);
    let told: Vec<(&str, &str)> = boxes
        .iter()
        .map(|(class, texts, _)| (class.as_str(), texts[0].as_str()))
        .collect();
    assert_eq!(
        told.iter()
            .copied()
            .collect::<std::collections::BTreeSet<_>>(),
        [
            ("foreign", "people:p1"),
            ("head", "dd"),
            ("revision", "aa"),
            ("revision", "bb (shop)"),
            ("revision", "cc"),
        ]
        .into()
    );
    assert!(
        boxes
            .iter()
            .any(|(_, texts, _)| texts[1..] == ["<b>\"carts\" & `more` #1;</b>\\n%% next"]),
        "{boxes:?}"
    );
    let dashed = lines(&svg)
        .iter()
        .filter(|(class, _)| class == "dependency")
        .count();
    assert_eq!((lines(&svg).len(), dashed), (6, 2));
    assert!(!svg.contains("<b>"), "a message is no markup");
}

/// Lines begin and end at boxes, boxes lie apart, and all of it is within the picture.
#[track_caller]
fn is_drawn_well(graph: &RevisionGraph) {
    let svg = svg(graph);
    assert_eq!(svg, super::svg(graph), "the same bytes");
    let boxes = boxes(&svg);
    let document = Document::parse(&svg).expect("it is XML");
    let side = |name: &str| -> usize {
        let value = document.root_element().attribute(name).expect("a side");
        value.parse().expect("a number")
    };
    let (width, height) = (side("width"), side("height"));
    let within = |[x, y]: [usize; 2], [left, top, w, h]: [usize; 4]| {
        (left..=left + w).contains(&x) && (top..=top + h).contains(&y)
    };
    for (number, (_, texts, one)) in boxes.iter().enumerate() {
        assert!(
            one[0] + one[2] <= width && one[1] + one[3] <= height,
            "{texts:?}"
        );
        for (_, others, other) in &boxes[number + 1..] {
            let apart = one[0] + one[2] < other[0]
                || other[0] + other[2] < one[0]
                || one[1] + one[3] < other[1]
                || other[1] + other[3] < one[1];
            assert!(apart, "{texts:?} lies on {others:?}");
        }
    }
    for (_, points) in lines(&svg) {
        let ends = [points[0], points[points.len() - 1]];
        for end in ends {
            assert!(
                boxes.iter().any(|(_, _, one)| within(end, *one)),
                "{end:?} is at no box"
            );
        }
        for [x, y] in points {
            assert!(x <= width && y <= height);
        }
    }
}

#[test]
fn pictures_of_all_shapes_are_drawn_well() {
    is_drawn_well(&graph(&[]));
    is_drawn_well(&graph(&[("aa", &[], &[], &[], "")]));
    is_drawn_well(&small());
    // Many branches, merges and dependencies, the same in every run.
    let names: Vec<String> = (0..120).map(|number| format!("r{number:03}")).collect();
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("it fits") % below.max(1)
    };
    let mut revisions = Vec::new();
    for number in 0..names.len() {
        let mut below = Vec::new();
        if number > 0 {
            below.push(number - 1 - random(number.min(4)));
            if random(4) == 0 {
                below.push(random(number));
            }
        }
        below.dedup();
        let parents: Vec<&str> = below.iter().map(|at| names[*at].as_str()).collect();
        let on = (number > 5 && random(5) == 0).then(|| names[random(number)].as_str());
        revisions.push((number, parents, on.into_iter().collect::<Vec<_>>()));
    }
    let revisions: Vec<Told<'_>> = revisions
        .iter()
        .map(|(number, parents, on)| {
            (
                names[*number].as_str(),
                parents.as_slice(),
                on.as_slice(),
                &[][..],
                "words",
            )
        })
        .collect();
    is_drawn_well(&graph(&revisions));
}

#[test]
fn thousands_are_drawn_at_once() {
    let names: Vec<String> = (0..3_000).map(|number| format!("r{number:04}")).collect();
    let revisions = names.iter().enumerate().map(|(number, name)| {
        let mut revision = Revision::new(
            RevisionId::new(name.as_str()).expect("an identifier"),
            sql_digest(""),
        );
        let parent = number.checked_sub(1).map(|below| names[below].as_str());
        revision.parents = parent
            .into_iter()
            .map(|parent| RevisionId::new(parent).expect("an identifier"))
            .collect();
        revision
    });
    let graph = RevisionGraph::new(revisions.collect()).expect("a graph");
    assert_eq!(boxes(&svg(&graph)).len(), 3_000);
    assert_eq!(mermaid(&graph).matches("-->").count(), 2_999);
}
