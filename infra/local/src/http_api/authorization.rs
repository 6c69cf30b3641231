//! The possible outcomes of calling an authorizer.

use serde_json::Value;

/// The decision of an authorizer.
#[derive(Clone, Debug)]
pub(super) enum Authorization {
    /// The request is allowed. The value becomes `requestContext.authorizer`.
    Allow(Value),
    /// The request is denied.
    Deny,
    /// The request has no identity source. The authorizer was not called.
    NoIdentity,
    /// The authorizer failed, or its answer is invalid.
    Failed,
}
