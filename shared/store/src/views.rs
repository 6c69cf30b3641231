//! How many conversations the views of the desk have.

use domain::{ConversationStatus, Person};

use crate::inbox_keys::List;
use crate::{Error, Queue, Store};

/// The number of conversations in each view of an admin. [`MAX_COUNT`] means as many or more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ViewCounts {
    /// Those of the admin.
    pub mine: u32,
    /// Those of nobody.
    pub unassigned: u32,
    /// Those that are snoozed.
    pub snoozed: u32,
    /// All active ones.
    pub all: u32,
}

/// How far the conversations of a view are counted: about two read units.
pub const MAX_COUNT: u32 = 100;

impl Store {
    /// Counts the conversations in each view of `admin`.
    pub async fn view_counts(&self, admin: &Person) -> Result<ViewCounts, Error> {
        let mine = List::of_queue(&Queue::AssignedTo(admin.user_id.clone()));
        let (unassigned, snoozed) = (List::of_queue(&Queue::Unassigned), List::of_queue(&Queue::Snoozed));
        let all = List::of_status(ConversationStatus::Active);
        let (mine, unassigned, snoozed, all) = tokio::try_join!(
            self.count_list(&mine, MAX_COUNT),
            self.count_list(&unassigned, MAX_COUNT),
            self.count_list(&snoozed, MAX_COUNT),
            self.count_list(&all, MAX_COUNT),
        )?;
        Ok(ViewCounts { mine, unassigned, snoozed, all })
    }
}
