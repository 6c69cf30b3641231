//! The policy of an SLA: which times the shop has set itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Calendar, Priority};

/// A number of minutes of business time, 1 to 525,600. A year has as many.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "u32", into = "u32")]
#[cfg_attr(
    feature = "describe",
    ts(as = "u32"),
    schemars(with = "u32", extend("minimum" = 1, "maximum" = 525_600))
)]
pub struct Minutes(u32);

impl Minutes {
    /// The highest number.
    pub const MAX: u32 = 365 * 24 * 60;

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// The error for a number that no target can have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be 1 to 525,600 minutes")]
pub struct InvalidMinutes;

impl TryFrom<u32> for Minutes {
    type Error = InvalidMinutes;

    fn try_from(minutes: u32) -> Result<Self, Self::Error> {
        (1..=Self::MAX).contains(&minutes).then_some(Self(minutes)).ok_or(InvalidMinutes)
    }
}

impl From<Minutes> for u32 {
    fn from(minutes: Minutes) -> Self {
        minutes.0
    }
}

/// The times for conversations of one priority, in minutes of business time. Without a time there is
/// no such clock.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaTarget {
    /// From the customer's first message to the shop's first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub first_response_minutes: Option<Minutes>,
    /// From a later message of the customer to the shop's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub next_response_minutes: Option<Minutes>,
    /// From the order to its completion or cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub resolution_minutes: Option<Minutes>,
}

/// What the shop has promised itself. No time that follows from it is stored, so a new policy holds
/// for everything at once.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaPolicy {
    /// The targets by priority. A priority without an entry has that of `none`.
    #[cfg_attr(
        feature = "describe",
        schemars(extend("propertyNames" = { "enum": ["none", "low", "medium", "high", "urgent"] }))
    )]
    pub targets: BTreeMap<Priority, SlaTarget>,
    /// When the shop is open. Absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub calendar: Option<Calendar>,
}

impl SlaPolicy {
    /// The targets for conversations of this priority.
    pub fn target(&self, priority: Priority) -> SlaTarget {
        let target = self.targets.get(&priority).or_else(|| self.targets.get(&Priority::None));
        target.copied().unwrap_or_default()
    }

    /// The shop's calendar; without one, that of a shop that never closes.
    pub fn calendar(&self) -> &Calendar {
        self.calendar.as_ref().unwrap_or_else(|| Calendar::always_open())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> Result<SlaPolicy, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_priority_without_an_entry_has_the_targets_of_none() {
        let policy =
            policy(r#"{"targets":{"none":{"firstResponseMinutes":60},"urgent":{"resolutionMinutes":5},"low":{}}}"#)
                .unwrap();
        let first = |priority| policy.target(priority).first_response_minutes.map(Minutes::get);
        assert_eq!(Priority::ALL.map(first), [Some(60), None, Some(60), Some(60), None]);
        assert_eq!(SlaPolicy::default().target(Priority::High), SlaTarget::default());
    }

    #[test]
    fn invalid_policies_are_refused() {
        for (json, expected) in [
            (r#"{"targets":{"none":{"firstResponseMinutes":0}}}"#, "must be 1 to 525,600 minutes"),
            (r#"{"targets":{"none":{"resolutionMinutes":525601}}}"#, "must be 1 to 525,600 minutes"),
            (r#"{"targets":{"highest":{}}}"#, "unknown variant `highest`"),
            (r#"{"calendar":null}"#, "missing field `targets`"),
        ] {
            let error = policy(json).unwrap_err();
            assert!(error.starts_with(expected), "{json}: {error}");
        }
    }
}
