//! Names of Rust in the cases that SQL names are written in.

/// The cases that `rename_all` offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    /// All of them under the names that serde gives them.
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// A name that is written in Pascal case, in this case.
    pub(crate) fn of(self, pascal: &str) -> String {
        match self {
            Self::Lower => pascal.to_lowercase(),
            Self::Upper => pascal.to_uppercase(),
            Self::Pascal => pascal.to_owned(),
            Self::Camel => {
                let mut letters = pascal.chars();
                letters.next().map_or_else(String::new, |first| {
                    first.to_lowercase().chain(letters).collect()
                })
            }
            Self::Snake => snake(pascal),
            Self::ScreamingSnake => snake(pascal).to_uppercase(),
            Self::Kebab => snake(pascal).replace('_', "-"),
            Self::ScreamingKebab => snake(pascal).to_uppercase().replace('_', "-"),
        }
    }
}

/// `BlogPost` as `blog_post`; every capital begins a word, as in Diesel's derives.
pub(crate) fn snake(pascal: &str) -> String {
    let mut name = String::new();
    for (index, letter) in pascal.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::Case;

    #[test]
    fn a_name_in_every_case() {
        let written = Case::ALL.map(|(_, case)| case.of("InReview"));
        assert_eq!(
            written,
            [
                "inreview",
                "INREVIEW",
                "InReview",
                "inReview",
                "in_review",
                "IN_REVIEW",
                "in-review",
                "IN-REVIEW"
            ]
        );
    }
}
