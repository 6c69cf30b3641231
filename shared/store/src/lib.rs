//! The only user of DynamoDB: one table, and a conversation as a head and a log.
//!
//! # Items and their keys
//!
//! | entity | `pk` | `sk` | read and written by |
//! |---|---|---|---|
//! | order, as placed; never changed again but by [`Store::correct_order`] | X | `A` | [`Store::create_order`], [`Store::import_order`]; [`Store::order`], [`Store::orders_of`], [`Store::change_status`] |
//! | entry of the shop's log: a note, or what the shop decided | X | `K` + number, 12 digits | [`Store::add_to_desk`]; [`Store::desk_log`] |
//! | log entry: a message as it is now, or a change | X | `L` + seq, 12 digits | [`Store::create_order`], [`Store::import_order`], [`Store::append`], [`Store::send`], [`Store::change_status`], [`Store::change_message`], [`Store::set_conversation_status`], [`Store::archive_if_unchanged`]; [`Store::history`] |
//! | head: all but the older entries and most admins' cursors | X | `Z` | [`Store::create_order`], [`Store::import_order`], [`Store::append`], [`Store::correct_order`], [`Store::send`], [`Store::change_status`], [`Store::change_message`], [`Store::mark_read`], [`Store::mark_delivered`], [`Store::set_conversation_status`], [`Store::archive_if_unchanged`], [`Store::add_to_desk`]; [`Store::head`], [`Store::inbox`] |
//! | read cursor of an admin, unless that admin has read furthest | X | `CUR#` + user | [`Store::mark_read`], [`Store::import_order`]; [`Store::own_cursors`], [`Store::order`], [`Store::inbox`] |
//! | what an import knows of its order | X | `I` | [`Store::import_order`], [`Store::put_import_record`]; [`Store::import_records`] |
//! | connection of a customer | `U#` + user | `C#` + connection | [`Store::register`], [`Store::join`], [`Store::leave`], [`Store::end_connection`]; [`Store::audience`] |
//! | connection of an admin | `U` | `C#` + connection | the same |
//! | last seen of a user | as their connections | `S#` + user | [`Store::end_connection`]; [`Store::audience`], [`Store::admin_connections`] |
//! | ticket, by its hash | `T#` + hash | `-` | [`Store::put_ticket`], [`Store::take_ticket`] |
//! | what is due later, and when | `D` | minute, 10 digits + `#` kind `#` + X | [`Store::put_due`], [`Store::delete_due`]; [`Store::due`] |
//! | how far the due list is filled | `D` | `-` | [`Store::put_backfill`]; [`Store::due`] |
//! | tag; canned response of the shop, of an admin | `G`; `R`, `R#` + user | its id | [`Store::put_tag`], [`Store::put_canned_response`]; [`Store::tags`], [`Store::canned_responses`] |
//! | admin who can be assigned | `Q` | user | [`Store::remember_admin`]; [`Store::admins`] |
//! | policy of the SLA | `V` | `sla` | [`Store::put_sla_policy`]; [`Store::sla`] |
//! | orders by status, of the shop | `N` | shard, 2 digits | [`Store::create_order`], [`Store::change_status`]; [`Store::shop_counts`] |
//! | orders by status, of a customer | `N#` + user | `-` | the same; [`Store::customer_counts`] |
//!
//! X is the id that `ord_X` and `cnv_X` share. The index `inbox` (`is`, `im`) lists heads by
//! conversation status and minute of last activity, and entries of the shop's log by their minute. The
//! index `queue` (`qk`, `iq`) lists active conversations by who takes care of them. The index `customer`
//! (`ck`, `cm`) lists orders by customer in order of creation. `queue` also has the priority and the
//! tags; the others hold keys only. Items with a `ttl`
//! (seconds) are connections and tickets. Attribute names are explained in `item.rs`.
//!
//! # The invariants
//!
//! **A writer that moves `lastSeq` from n to n + 1 first makes sure that entry n is in the log.** So
//! the log always holds 1 to `lastSeq` − 1, and the head holds the last entry in full. After a crash
//! the next request can put the last entry into the log. How a send keeps the invariant is in
//! `send.rs`.
//!
//! **An entry that is in the log is applied**, and a message changes only by a later entry than the
//! one that changed it last. How a change keeps both is in `change.rs`.

mod activity;
mod admin_cursor;
mod audience;
mod change;
mod connection;
mod conversation;
mod count;
mod create;
mod cursor;
mod customer_orders;
mod desk;
mod desk_item;
mod due;
mod error;
mod history;
mod import;
mod inbox;
mod inbox_keys;
mod item;
mod key;
mod log;
mod message_search;
mod queue;
mod rate_limit;
mod search;
mod send;
mod settings;
mod sla;
mod status;
mod stream;
mod ticket;
mod time;
mod update_import;
mod views;

pub use audience::{Audience, Connections, Presence};
pub use change::{
    ChangeDraft, ChangeOutcome, MessageChange, NotChangeable, SetConversationStatusOutcome, StatusChange,
};
pub use connection::{Connection, ConnectionStatus, REFRESH_MS, SILENCE_MS};
pub use count::StatusCounts;
pub use create::CreateOutcome;
pub use cursor::CursorMove;
pub use customer_orders::OrdersPage;
pub use desk::{DeskDraft, DeskLogPage, DeskOperation, DeskOutcome, DeskRefusal};
pub use due::{Backfill, Due, DueKind, DueList};
pub use error::Error;
pub use history::{HistoryPage, Window};
pub use import::{ImportRecord, OrderImport};
pub use inbox::{InboxFilter, InboxPage};
pub use log::LOOK_BACK;
pub use message_search::MessageSearch;
pub use queue::Queue;
pub use send::{Draft, SendOutcome};
pub use settings::{CannedResponsesOf, Put};
pub use sla::Sla;
pub use status::ChangeStatusOutcome;
pub use stream::StreamRecord;
pub use ticket::TicketHolder;
pub use update_import::{OrderWithLog, StatusImport};
pub use views::{MAX_COUNT, ViewCounts};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

/// The DynamoDB table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
    lost_races: Arc<AtomicU64>,
}

impl Store {
    /// A client for the table named `table`, with this SDK configuration.
    pub fn new(sdk: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(sdk), table: table.into(), lost_races: Arc::default() }
    }

    /// Returns how many conditional writes were repeated because of a concurrent write to the same
    /// conversation, since the last call.
    pub fn take_lost_races(&self) -> u64 {
        self.lost_races.swap(0, Relaxed)
    }

    pub(crate) fn lost_race(&self) {
        self.lost_races.fetch_add(1, Relaxed);
    }
}
