//! Subscriptions: seen and compared, but never made and never dropped. Where a subscription gets its rows
//! from is a secret that is not read, and both would act on another server.

use std::collections::{BTreeMap, BTreeSet};

/// A subscription, as far as it can be changed without another server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub struct Subscription {
    /// The publications that it subscribes to.
    pub publications: BTreeSet<String>,
    /// `synchronous_commit`, `binary`, `streaming` and the like, where they can be read.
    pub options: BTreeMap<String, String>,
}
