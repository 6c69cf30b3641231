//! What an agent may not do.

use protocol::Problem;
use runtime::Caller;

/// Refuses what only an admin may change, not an agent.
pub(crate) fn only_for_admins(caller: &Caller) -> Result<(), Problem> {
    if caller.is_agent { Err(Problem::forbidden()) } else { Ok(()) }
}
