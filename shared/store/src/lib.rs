//! The only user of DynamoDB: one table, and a conversation as a head and a log.
//!
//! # What lies where
//!
//! | entity | `pk` | `sk` | read and written by |
//! |---|---|---|---|
//! | order, as placed; never changed again but by [`Store::amend`] | X | `A` | [`Store::create`], [`Store::adopt`]; [`Store::order`], [`Store::orders_of`], [`Store::change_status`] |
//! | log entry: one message | X | `L` + seq, 12 digits | [`Store::create`], [`Store::adopt`], [`Store::append`], [`Store::send`], [`Store::change_status`]; [`Store::history`] |
//! | head: all but the older messages | X | `Z` | [`Store::create`], [`Store::adopt`], [`Store::append`], [`Store::amend`], [`Store::send`], [`Store::change_status`], [`Store::read`], [`Store::delivered`], [`Store::set_conversation_status`]; [`Store::head`], [`Store::inbox`] |
//! | what an import knows of its order | X | `I` | [`Store::adopt`], [`Store::remember_adopted`]; [`Store::adopted`] |
//! | connection of a customer | `U#` + user | `C#` + connection | [`Store::register`], [`Store::join`], [`Store::leave`], [`Store::end`]; [`Store::audience`] |
//! | connection of an admin | `U` | `C#` + connection | the same |
//! | last seen of a user | as their connections | `S#` + user | [`Store::end`]; [`Store::audience`], [`Store::shop`] |
//! | ticket, by its hash | `T#` + hash | `-` | [`Store::put_ticket`], [`Store::take_ticket`] |
//! | orders by status, of the shop | `N` | shard, 2 digits | [`Store::create`], [`Store::change_status`]; [`Store::shop_counts`] |
//! | orders by status, of a customer | `N#` + user | `-` | the same; [`Store::customer_counts`] |
//!
//! X is what `ord_X` and `cnv_X` share. The index `inbox` (`is`, `im`) lists heads by conversation status and minute of
//! last activity; the index `customer` (`ck`, `cm`) lists orders by customer in order of creation. Both hold keys only.
//! Items with a `ttl` (seconds) are connections and tickets. Attribute names are explained in `item.rs`.
//!
//! # The invariant
//!
//! **`lastSeq` moves past n only by one who knows that n is in the log.** So the log always holds 1 to `lastSeq` − 1, and the
//! head holds the last message in full: whoever comes next can finish what a crash left behind. How a send keeps
//! to it is in `send.rs`.

mod adopt;
mod audience;
mod birth;
mod catch_up;
mod connection;
mod conversation;
mod count;
mod cursor;
mod error;
mod history;
mod inbox;
mod item;
mod key;
mod log;
mod mine;
mod send;
mod status;
mod ticket;

pub use adopt::{Adopted, Adoption};
pub use audience::{Audience, Place, Presence};
pub use birth::Birth;
pub use catch_up::{Held, StatusAdopted};
pub use connection::{Connection, Known};
pub use conversation::ConversationStatusSet;
pub use count::StatusCounts;
pub use cursor::CursorMove;
pub use error::Error;
pub use history::{HistoryPage, Window};
pub use inbox::{InboxFilter, InboxPage};
pub use mine::OrdersPage;
pub use send::{Draft, Sent};
pub use status::StatusChange;
pub use ticket::TicketHolder;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    lost_races: Arc<AtomicU64>,
}

impl Store {
    /// The table `table`, reached as `sdk` says.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(sdk), table: table.into(), lost_races: Arc::default() }
    }

    /// How many writes had to begin again since this was last asked, because somebody else was faster in the same conversation.
    pub fn take_lost_races(&self) -> u64 {
        self.lost_races.swap(0, Relaxed)
    }

    pub(crate) fn lost_race(&self) {
        self.lost_races.fetch_add(1, Relaxed);
    }
}
