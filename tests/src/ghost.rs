//! What no client can bring about: connections that the table still knows and that are gone, connections that it
//! forgot, tickets whose time has passed.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::types::AttributeValue;

use protocol::TicketAnswer;

use crate::{Client, Shop, User, now_millis};

type Item = HashMap<String, AttributeValue>;

/// A row of a connection that is gone.
pub struct Ghost {
    table: Table,
    name: String,
    key: Item,
}

impl Ghost {
    /// Whether the row is still there.
    pub async fn is_remembered(&self) -> bool {
        let get = self.table.get_item().table_name(&self.name).set_key(Some(self.key.clone()));
        get.send().await.unwrap().item.is_some()
    }
}

impl Shop {
    /// Leaves a row of a connection of `user` that began `age` milliseconds ago, joined to `conversation`, and is gone.
    ///
    /// It is made from the row of a real one, so that nothing here knows more of its shape than the key: another
    /// connection id, and every time of about now moved back.
    pub async fn haunt(&self, user: &User, conversation: impl std::fmt::Display, age: i64) -> Ghost {
        let (table, name) = self.table();
        let before = rows(&table, &name).await;
        let client = user.connect_and_join(conversation).await;
        let mut fresh = rows(&table, &name).await;
        fresh.retain(|item| !before.contains(item));
        assert_eq!(fresh.len(), 1, "a connection is one row: {fresh:?}");
        let mut ghost = fresh.remove(0);
        client.close().await;

        let sk = ghost["sk"].as_s().unwrap();
        let (kind, id) = sk.split_at(sk.len() - 16);
        let gone: String = id.chars().rev().skip(1).chain(std::iter::once('=')).collect();
        let gone = AttributeValue::S(format!("{kind}{gone}"));
        ghost.insert("sk".to_owned(), gone);
        shift(&mut ghost, age);
        let key = ghost.clone().into_iter().filter(|(name, _)| name == "pk" || name == "sk").collect();
        table.put_item().table_name(&name).set_item(Some(ghost)).send().await.unwrap();
        Ghost { table, name, key }
    }
}

impl Shop {
    /// Connects, and has the server forget the connection, which the client does not notice.
    pub async fn connect_and_forget(&self, user: &User) -> Client {
        let (table, name) = self.table();
        let before = rows(&table, &name).await;
        let client = user.connect().await;
        for mut item in rows(&table, &name).await {
            if !before.contains(&item) {
                item.retain(|attribute, _| attribute == "pk" || attribute == "sk");
                table.delete_item().table_name(&name).set_key(Some(item)).send().await.unwrap();
            }
        }
        client
    }

    /// Has somebody send a message, and takes what it added to the table away again: only the conversation's head
    /// knows of it, as when the sender crashed in between.
    pub async fn without_log_entry<T>(&self, send: impl Future<Output = T>) -> T {
        let (table, name) = self.table();
        let key = |item: &Item| (item["pk"].clone(), item["sk"].clone());
        let before: Vec<_> = rows(&table, &name).await.iter().map(key).collect();
        let sent = send.await;
        let mut fresh = rows(&table, &name).await;
        fresh.retain(|item| !before.contains(&key(item)));
        assert_eq!(fresh.len(), 1, "a message is one row: {fresh:?}");
        let mut entry = fresh.remove(0);
        entry.retain(|attribute, _| attribute == "pk" || attribute == "sk");
        table.delete_item().table_name(&name).set_key(Some(entry)).send().await.unwrap();
        sent
    }

    /// A ticket of `user` whose time has passed.
    pub async fn stale_ticket(&self, user: &User) -> TicketAnswer {
        let (table, name) = self.table();
        let before = rows(&table, &name).await;
        let ticket = user.ticket().await;
        for mut item in rows(&table, &name).await {
            if !before.contains(&item) {
                shift(&mut item, 90_000);
                table.put_item().table_name(&name).set_item(Some(item)).send().await.unwrap();
            }
        }
        ticket
    }

    fn table(&self) -> (Table, String) {
        (Table::new(self.gateway().sdk()), self.gateway().table().unwrap().to_owned())
    }
}

/// Moves every time of about now, in milliseconds or in seconds, back by `age` milliseconds.
fn shift(item: &mut Item, age: i64) {
    for value in item.values_mut() {
        let Some(number) = value.as_n().ok().and_then(|text| text.parse::<i64>().ok()) else { continue };
        for unit in [1, 1000] {
            if (number * unit - now_millis()).abs() < 90_000 {
                *value = AttributeValue::N((number - age / unit).to_string());
            }
        }
    }
}

async fn rows(table: &Table, name: &str) -> Vec<Item> {
    table.scan().table_name(name).send().await.unwrap().items.unwrap_or_default()
}
