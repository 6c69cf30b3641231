//! What may come of asking an authorizer.

use serde_json::Value;

/// What an authorizer says.
#[derive(Clone, Debug)]
pub(super) enum Authorization {
    /// The request may go on, with this in `requestContext.authorizer`.
    Allow(Value),
    /// It may not.
    Deny,
    /// There is nothing by which to know the caller; the authorizer was not asked.
    NoIdentity,
    /// The authorizer failed, or said something else.
    Failed,
}
