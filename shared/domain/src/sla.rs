//! The clocks of a shop's SLA (service-level agreement): until when it wants to answer.

use serde::{Deserialize, Serialize};

/// What a clock of the SLA measures.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SlaKind {
    /// From the customer's first message to the shop's first answer.
    FirstResponse,
    /// From a later message of the customer to the shop's answer.
    NextResponse,
    /// From the order to its completion or cancellation.
    Resolution,
}
