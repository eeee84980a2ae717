//! An enum type.

/// An enum type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Enum {
    /// Its values in their sort order.
    pub values: Vec<String>,
}

impl Enum {
    /// Whether another one takes its place: values go, or change places.
    pub fn is_exchanged(&self, to: &Self) -> bool {
        let mut left = to.values.iter();
        let kept = |value: &String| left.any(|there| there == value);
        !self.values.iter().all(kept)
    }
}
