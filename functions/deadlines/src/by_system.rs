//! What nobody but the system writes into the shop's log.

use domain::{Person, SharedId, Time};
use store::{DeskDraft, DeskOperation};
use uuid::Uuid;

/// A draft of the system, under a new id: a run that is repeated looks again whether it has to act.
pub(crate) fn by_system(shared_id: &SharedId, operation: DeskOperation, now: Time) -> DeskDraft {
    DeskDraft {
        shared_id: shared_id.clone(),
        by: Person::system(),
        change_id: Uuid::from_bytes(runtime::random()),
        operation,
        seen_desk_seq: None,
        now,
    }
}
