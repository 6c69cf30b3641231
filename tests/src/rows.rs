//! What no client can bring about: connections that the table still knows and that are gone, connections that it
//! forgot, messages that did not reach the log, tickets whose time has passed.
//!
//! Nothing here knows more of a row's shape than the table's key, and that a connection's is `C#` and its id: a row is
//! found because something that a client did added it.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::types::AttributeValue;
use protocol::TicketAnswer;

use crate::{Client, Shop, User, now_millis};

type Item = HashMap<String, AttributeValue>;

/// A row of a connection that is gone.
pub struct StaleConnection {
    rows: Rows,
    key: Item,
}

impl StaleConnection {
    /// Whether the row is still there.
    pub async fn is_remembered(&self) -> bool {
        self.rows.all().await.iter().any(|item| key(item) == self.key)
    }
}

impl Shop {
    /// Leaves a row of a connection of `user` that began `age` milliseconds ago, joined to `conversation`, and is gone.
    ///
    /// It is made from the row of a real one: another connection id, and every time of about now moved back.
    pub async fn add_stale_connection(&self, user: &User, conversation: impl Display, age: i64) -> StaleConnection {
        let rows = Rows::of(self);
        let (client, mut stale_connection) = rows.added_connection(user.connect_and_join(conversation)).await;
        client.close().await;
        let sk = sort_key(&stale_connection);
        let (kind, id) = sk.split_at(sk.len() - 16);
        let gone: String = id.chars().rev().skip(1).chain(std::iter::once('=')).collect();
        stale_connection.insert("sk".to_owned(), AttributeValue::S(format!("{kind}{gone}")));
        move_back(&mut stale_connection, age);
        let key = key(&stale_connection);
        rows.put(stale_connection).await;
        StaleConnection { rows, key }
    }

    /// Connects, and has the server forget the connection, which the client does not notice.
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

    /// How many connections the table knows of.
    pub async fn connections(&self) -> usize {
        let rows = Rows::of(self).all().await;
        rows.iter().filter(|row| sort_key(row).starts_with("C#")).count()
    }

    /// Has somebody send a message, and takes what it added to the table away again: only the conversation's head
    /// knows of it, as when the sender crashed in between.
    pub async fn without_log_entry<T>(&self, send: impl Future<Output = T>) -> T {
        let rows = Rows::of(self);
        let (answer, entries) = rows.added(send).await;
        assert_eq!(entries.len(), 1, "a message is one row: {entries:?}");
        rows.delete(&entries[0]).await;
        answer
    }

    /// A ticket of `user` whose time has passed.
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

/// A shop's table.
struct Rows {
    table: Table,
    name: String,
}

impl Rows {
    fn of(shop: &Shop) -> Self {
        Self { table: Table::new(shop.sdk()), name: shop.table().to_owned() }
    }

    async fn all(&self) -> Vec<Item> {
        self.table.scan().table_name(&self.name).send().await.unwrap().items.unwrap_or_default()
    }

    /// What happens, and the rows that were not there before it.
    async fn added<T>(&self, happening: impl Future<Output = T>) -> (T, Vec<Item>) {
        let before: Vec<Item> = self.all().await.iter().map(key).collect();
        let done = happening.await;
        let mut rows = self.all().await;
        rows.retain(|item| !before.contains(&key(item)));
        (done, rows)
    }

    /// A client that connects, and its row: the one whose key is that of a connection.
    async fn added_connection(&self, connect: impl Future<Output = Client>) -> (Client, Item) {
        let (client, mut rows) = self.added(connect).await;
        rows.retain(|item| sort_key(item).starts_with("C#"));
        assert_eq!(rows.len(), 1, "a connection is one row: {rows:?}");
        (client, rows.remove(0))
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

/// Moves every time of about now, in milliseconds or in seconds, back by `age` milliseconds.
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
