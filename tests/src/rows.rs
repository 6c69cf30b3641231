//! Creates states that no client can cause: rows of connections that are closed, open connections
//! without a row, messages that are missing in the log, expired tickets, days that have passed.
//!
//! This code knows only the table's key, that the sort key of a connection is `C#` and the
//! connection's id, the attributes of a head that older versions wrote, that `L` and twelve digits are
//! a log entry with its text in `b`, that the partition `D` has what is due later, and that ten digits
//! and `#` are a minute. It finds other rows by comparing the table before and after an action of a
//! client.

use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ConversationId;
use protocol::TicketAnswer;

use crate::{Client, Shop, User, now_millis};

type Item = HashMap<String, AttributeValue>;

/// The longest wait for what functions do in the background. A schedule comes once a minute.
const LONGEST: Duration = Duration::from_secs(90);

/// The row of a closed connection.
pub struct StaleConnection {
    rows: Rows,
    key: Item,
}

impl StaleConnection {
    /// Returns true while the row exists.
    pub async fn is_remembered(&self) -> bool {
        self.rows.all().await.iter().any(|item| key(item) == self.key)
    }
}

impl Shop {
    /// Adds the row of a closed connection of `user` that began `age` milliseconds ago and joined
    /// `conversation`.
    ///
    /// It is a copy of the row of a real connection with another connection id. All recent times in
    /// it are moved back.
    pub async fn add_stale_connection(&self, user: &User, conversation: impl Display, age: i64) -> StaleConnection {
        let rows = Rows::of(self);
        let (client, mut stale_connection) = rows.added_connection(user.connect_and_join(conversation)).await;
        client.close().await;
        // A gateway may call `$disconnect` some time later, which would end this user's presence.
        rows.wait_until_deleted(&stale_connection).await;
        let sk = sort_key(&stale_connection);
        let (kind, id) = sk.split_at(sk.len() - 16);
        let gone: String = id.chars().rev().skip(1).chain(std::iter::once('=')).collect();
        stale_connection.insert("sk".to_owned(), AttributeValue::S(format!("{kind}{gone}")));
        move_back(&mut stale_connection, age);
        let key = key(&stale_connection);
        rows.put(stale_connection).await;
        StaleConnection { rows, key }
    }

    /// Connects and deletes the connection's row, which the client does not notice.
    pub async fn connect_and_forget(&self, user: &User) -> Client {
        let rows = Rows::of(self);
        let (client, row) = rows.added_connection(user.connect()).await;
        rows.delete(&row).await;
        client
    }

    /// Connects, and has the table say that the connection began, and was last heard of, `age` milliseconds ago.
    pub async fn connect_aged(&self, user: &User, age: i64) -> Client {
        self.connect_with_row(user, |row| move_back(row, age)).await
    }

    /// The same, with the row as the version before wrote it: it does not say when the connection was heard of.
    pub async fn connect_aged_before_heartbeats(&self, user: &User, age: i64) -> Client {
        self.connect_with_row(user, |row| {
            move_back(row, age);
            row.remove("h").expect("a row says when its connection was heard of");
        })
        .await
    }

    async fn connect_with_row(&self, user: &User, change: impl FnOnce(&mut Item)) -> Client {
        let rows = Rows::of(self);
        let (client, mut row) = rows.added_connection(user.connect()).await;
        change(&mut row);
        rows.put(row).await;
        client
    }

    /// Waits until it is on the due list that this conversation has to be looked at, as the table's
    /// stream has told.
    pub async fn wait_until_due(&self, conversation: impl Display) {
        let (rows, id) = (Rows::of(self), conversation.to_string());
        let shared_id = id.trim_start_matches("cnv_");
        let is_due = |row: &Item| is_of_background(row) && sort_key(row).ends_with(shared_id);
        let waiting = async {
            while !rows.all_with_background().await.iter().any(is_due) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(LONGEST, waiting).await.unwrap_or_else(|_| panic!("{id} is not on the due list"));
    }

    /// Moves conversations and what is due later back by this many days, as if they had passed.
    pub async fn let_days_pass(&self, days: i64) {
        let rows = Rows::of(self);
        for row in rows.all_with_background().await {
            let mut moved = row.clone();
            for value in moved.values_mut() {
                move_back_by_days(value, days);
            }
            // Rows without a minute are of connections, tickets and messages.
            if row.iter().any(|(name, value)| moved[name] != *value && as_minute(value).is_some()) {
                if key(&row) != key(&moved) {
                    rows.delete(&row).await;
                }
                rows.put(moved).await;
            }
        }
    }

    /// The number of items on the due list.
    pub async fn due(&self) -> usize {
        let rows = Rows::of(self).all_with_background().await;
        rows.iter().filter(|row| is_of_background(row) && as_minute(&row["sk"]).is_some()).count()
    }

    /// The number of connections in the table.
    pub async fn connections(&self) -> usize {
        let rows = Rows::of(self).all().await;
        rows.iter().filter(|row| sort_key(row).starts_with("C#")).count()
    }

    /// Sends a message and deletes its log entry. Only the conversation's head has the message
    /// then, as after a crash between the two writes.
    pub async fn without_log_entry<T>(&self, send: impl Future<Output = T>) -> T {
        let rows = Rows::of(self);
        let (answer, entries) = rows.added(send).await;
        assert_eq!(entries.len(), 1, "a message is one row: {entries:?}");
        rows.delete(&entries[0]).await;
        answer
    }

    /// Changes the head of a conversation into one as an older version wrote it, with these admins.
    pub async fn list_admins_in_head(&self, conversation: &ConversationId, admins: &[ListedAdmin]) {
        let rows = Rows::of(self);
        let mut head = rows.head(conversation).await;
        let map = |value: &dyn Fn(&ListedAdmin) -> AttributeValue| {
            AttributeValue::M(admins.iter().map(|admin| (admin.user_id.clone(), value(admin))).collect())
        };
        let number = |number: u64| AttributeValue::N(number.to_string());
        for name in ["fu", "fw", "fr", "fa", "sd"] {
            head.remove(name);
        }
        head.insert("an".to_owned(), map(&|admin| AttributeValue::S(admin.user_id.to_uppercase())));
        head.insert("ar".to_owned(), map(&|admin| number(admin.read)));
        head.insert("aa".to_owned(), map(&|admin| number(admin.read_shop_count)));
        head.insert("ad".to_owned(), map(&|admin| number(admin.delivered)));
        head.insert("ag".to_owned(), map(&|_| number(1_700_000_000_000)));
        rows.put(head).await;
    }

    /// Adds `count` copies of a conversation's head, each active in an earlier minute. Only every `nth` keeps
    /// its tags.
    pub async fn copy_head(&self, conversation: &ConversationId, count: u32, nth: u32) {
        let rows = Rows::of(self);
        let head = rows.head(conversation).await;
        let minute = now_millis() / 60_000;
        let copy = |number: u32| {
            let mut copy = head.clone();
            let shared_id = domain::SharedId::from_random(u128::from(number + 1).to_be_bytes());
            let at = minute - i64::from(number / 10);
            copy.insert("pk".to_owned(), AttributeValue::S(shared_id.as_str().to_owned()));
            copy.insert("im".to_owned(), AttributeValue::S(format!("{at:010}#{}", shared_id.as_str())));
            copy.insert("iq".to_owned(), AttributeValue::N((at / 10).to_string()));
            if !number.is_multiple_of(nth) {
                copy.remove("tg");
            }
            copy
        };
        for number in 0..count {
            rows.put(copy(number)).await;
        }
    }

    /// Repeats a conversation's last message `count` times, with these texts by `seq`. Sending them
    /// would take long because of the rate limit.
    pub async fn repeat_last_message(&self, conversation: &ConversationId, count: u64, text: impl Fn(u64) -> String) {
        let rows = Rows::of(self);
        let mut head = rows.head(conversation).await;
        let last: u64 = head["n"].as_n().unwrap().parse().unwrap();
        let is_last = |row: &&Item| row["pk"] == head["pk"] && sort_key(row) == format!("L{last:012}");
        let message = rows.all().await.iter().find(is_last).unwrap().clone();
        let written = |seq: u64| {
            let mut copy = message.clone();
            copy.insert("sk".to_owned(), AttributeValue::S(format!("L{seq:012}")));
            copy.insert("b".to_owned(), AttributeValue::S(text(seq)));
            copy
        };
        for seq in 1..=count {
            rows.put(written(last + seq)).await;
        }
        head.insert("n".to_owned(), AttributeValue::N((last + count).to_string()));
        rows.put(head).await;
    }

    /// The stored head of a conversation.
    pub async fn head_item(&self, conversation: &ConversationId) -> HashMap<String, AttributeValue> {
        Rows::of(self).head(conversation).await
    }

    /// Sends a message, and has the table say that it was sent `age` milliseconds earlier.
    pub async fn with_earlier_time<T>(&self, age: i64, send: impl Future<Output = T>) -> T {
        let rows = Rows::of(self);
        let (answer, mut entries) = rows.added(send).await;
        // A connection that was closed before can add a row at the same time.
        entries.retain(|row| row.contains_key("b"));
        assert_eq!(entries.len(), 1, "a message is one row: {entries:?}");
        move_back(&mut entries[0], age);
        rows.put(entries.remove(0)).await;
        answer
    }

    /// An expired ticket of `user`.
    pub async fn stale_ticket(&self, user: &User) -> TicketAnswer {
        let rows = Rows::of(self);
        let (ticket, added) = rows.added(user.ticket()).await;
        for mut row in added {
            move_back(&mut row, 90_000);
            rows.put(row).await;
        }
        ticket
    }
}

/// An admin whom a head of an older version names.
pub struct ListedAdmin {
    /// The user id.
    pub user_id: String,
    /// The read cursor.
    pub read: u64,
    /// How many of the messages up to it are the shop's.
    pub read_shop_count: u64,
    /// The delivery cursor.
    pub delivered: u64,
}

/// The rows of a shop's table.
struct Rows {
    table: Table,
    name: String,
}

impl Rows {
    fn of(shop: &Shop) -> Self {
        Self { table: Table::new(shop.sdk()), name: shop.table().to_owned() }
    }

    async fn head(&self, conversation: &ConversationId) -> Item {
        let key = [("pk", conversation.shared_id().as_str()), ("sk", "Z")];
        let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).into();
        let get = self.table.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        get.send().await.unwrap().item.unwrap()
    }

    /// All rows but those that functions write at any time, when no client does anything.
    async fn all(&self) -> Vec<Item> {
        let mut rows = self.all_with_background().await;
        rows.retain(|row| !is_of_background(row));
        rows
    }

    async fn all_with_background(&self) -> Vec<Item> {
        self.table.scan().table_name(&self.name).send().await.unwrap().items.unwrap_or_default()
    }

    /// Runs `action` and returns its result with the rows that it added.
    async fn added<T>(&self, action: impl Future<Output = T>) -> (T, Vec<Item>) {
        let before: Vec<Item> = self.all().await.iter().map(key).collect();
        let done = action.await;
        let mut rows = self.all().await;
        rows.retain(|item| !before.contains(&key(item)));
        (done, rows)
    }

    /// Connects a client and returns it with the row of its connection.
    async fn added_connection(&self, connect: impl Future<Output = Client>) -> (Client, Item) {
        let (client, mut rows) = self.added(connect).await;
        rows.retain(|item| sort_key(item).starts_with("C#"));
        assert_eq!(rows.len(), 1, "a connection is one row: {rows:?}");
        (client, rows.remove(0))
    }

    /// Waits until a row is deleted.
    async fn wait_until_deleted(&self, item: &Item) {
        let get = || self.table.get_item().table_name(&self.name).set_key(Some(key(item))).consistent_read(true);
        while get().send().await.unwrap().item.is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn put(&self, item: Item) {
        self.table.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
    }

    async fn delete(&self, item: &Item) {
        self.table.delete_item().table_name(&self.name).set_key(Some(key(item))).send().await.unwrap();
    }
}

fn key(item: &Item) -> Item {
    ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())).into()
}

fn sort_key(item: &Item) -> String {
    item["sk"].as_s().unwrap().clone()
}

fn is_of_background(item: &Item) -> bool {
    item["pk"].as_s().unwrap() == "D"
}

/// The number of a text that begins with a minute, and what is behind it.
fn as_minute(value: &AttributeValue) -> Option<(i64, &str)> {
    let (digits, rest) = value.as_s().ok()?.split_once('#')?;
    (digits.len() == 10).then_some((digits.parse().ok()?, rest))
}

/// Moves a minute, and times within some years of now, in milliseconds, back by `days`.
fn move_back_by_days(value: &mut AttributeValue, days: i64) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    if let Some((minute, rest)) = as_minute(value) {
        *value = AttributeValue::S(format!("{:010}#{rest}", minute - days * 24 * 60));
    } else if let AttributeValue::M(fields) = value {
        for field in fields.values_mut() {
            move_back_by_days(field, days);
        }
    } else if let AttributeValue::L(values) = value {
        for value in values {
            move_back_by_days(value, days);
        }
    } else if let Ok(number) = value.as_n()
        && let Ok(millis) = number.parse::<i64>()
        && (millis - now_millis()).abs() < 1_000 * DAY_MS
    {
        *value = AttributeValue::N((millis - days * DAY_MS).to_string());
    }
}

/// Moves all recent times, in milliseconds or seconds, back by `age` milliseconds.
fn move_back(item: &mut Item, age: i64) {
    for value in item.values_mut() {
        let Some(number) = value.as_n().ok().and_then(|text| text.parse::<i64>().ok()) else { continue };
        for unit in [1, 1000] {
            if (number * unit - now_millis()).abs() < 90_000 {
                *value = AttributeValue::N((number - age / unit).to_string());
            }
        }
    }
}
