//! Lines of a query that belong to some major versions only.

/// The text for a major version: marked lines that fit lose their mark, the others are left out.
pub(super) fn select(sql: &str, major: u32) -> String {
    let mut selected = String::with_capacity(sql.len());
    for line in sql.lines() {
        let text = match mark(line) {
            Some((range, text)) if range.fits(major) => text,
            Some(_) => continue,
            None => line,
        };
        selected.push_str(text);
        selected.push('\n');
    }
    selected
}

#[cfg(test)]
pub(super) fn is_marked(line: &str) -> bool {
    mark(line).is_some()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Majors {
    From(u32),
    UpTo(u32),
}

impl Majors {
    fn fits(self, major: u32) -> bool {
        match self {
            Self::From(first) => first <= major,
            Self::UpTo(last) => major <= last,
        }
    }
}

/// `--@15+ text` and `--@..14 text`.
fn mark(line: &str) -> Option<(Majors, &str)> {
    let (mark, text) = line.trim_start().strip_prefix("--@")?.split_once(' ')?;
    let majors = match (mark.strip_suffix('+'), mark.strip_prefix("..")) {
        (Some(first), None) => Majors::From(first.parse().ok()?),
        (None, Some(last)) => Majors::UpTo(last.parse().ok()?),
        _ => return None,
    };
    Some((majors, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_lines_are_chosen_by_version() {
        let sql = "a\n--@15+ b\n  --@..14 c\n-- d\n--@x e\n";
        assert_eq!(select(sql, 14), "a\nc\n-- d\n--@x e\n");
        assert_eq!(select(sql, 15), "a\nb\n-- d\n--@x e\n");
        assert_eq!(select(sql, 18), select(sql, 15));
    }
}
