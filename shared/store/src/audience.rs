//! Lists the connections of a customer and of all admins, with the time each user was last seen.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use domain::{Role, Time};

use crate::connection::{self, Connection};
use crate::key::{self, Item, n, s};
use crate::{Error, Store, item};

/// The connections and last-seen times of one customer, or of all admins together.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// Also those past their time.
    pub connections: Vec<Connection>,
    /// When each user was last seen, as their connections ended.
    pub seen: HashMap<String, Time>,
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Presence {
    /// Whether a connection of theirs lives.
    pub online: bool,
    /// When the last one ended; absent while online and before the first.
    pub last_seen_at: Option<Time>,
}

/// Everyone who may hear of a conversation: its customer and the shop.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// The customer's.
    pub customer: Connections,
    /// The admins'.
    pub shop: Connections,
}

impl Audience {
    /// All connections.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.customer.connections.iter().chain(&self.shop.connections)
    }
}

impl Connections {
    /// Whether `user_id` is there at `now`.
    pub fn presence_of(&self, user_id: &str, now: Time) -> Presence {
        self.presence(|id| id == user_id, now)
    }

    /// Whether anybody is there at `now`.
    pub fn presence_of_any(&self, now: Time) -> Presence {
        self.presence(|_| true, now)
    }

    fn presence(&self, whose: impl Fn(&str) -> bool, now: Time) -> Presence {
        let theirs = || self.connections.iter().filter(|connection| whose(&connection.user_id));
        if theirs().any(|connection| connection.is_online(now)) {
            return Presence { online: true, last_seen_at: None };
        }
        // A connection that ended without a word was last there when it was heard of; in an older row, when its time ended.
        let end = |connection: &Connection| Time::from_millis(connection.expires.saturating_mul(1000));
        let ran_out = theirs().filter_map(|connection| connection.heard_at.or_else(|| end(connection)));
        let left = self.seen.iter().filter(|(id, _)| whose(id)).map(|(_, at)| *at);
        Presence { online: false, last_seen_at: ran_out.chain(left).max() }
    }
}

impl Store {
    /// Who may hear of a conversation of `customer_id`. Strongly consistent: whoever registered before something was
    /// stored is here when it is pushed.
    pub async fn audience(&self, customer_id: &str) -> Result<Audience, Error> {
        let (customer, shop) =
            tokio::try_join!(self.query_connections(customer_id, Role::Customer), self.admin_connections())?;
        Ok(Audience { customer, shop })
    }

    /// The admins.
    pub async fn admin_connections(&self) -> Result<Connections, Error> {
        self.query_connections("", Role::Admin).await
    }

    /// A customer's own connections.
    pub async fn connections_of(&self, customer_id: &str) -> Result<Connections, Error> {
        self.query_connections(customer_id, Role::Customer).await
    }

    /// Deletes a connection that ended at `ended_at`, and stores that its user was last seen then, unless a later
    /// connection of theirs has ended already. Returns the audience of a customer after that; it is empty for an admin.
    pub async fn end_connection(
        &self,
        user_id: &str,
        role: Role,
        id: &str,
        ended_at: Time,
        now: Time,
    ) -> Result<Audience, Error> {
        let connections = key::connections(user_id, role);
        let forget = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key::key(&connections, &key::connection(id))))
            .send();
        let mut seen = key::key(&connections, &key::seen(user_id));
        seen.insert("t".to_owned(), n(ended_at.millis()));
        let seen = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(seen))
            // A time from the future is one of a clock that was set back.
            .condition_expression("attribute_not_exists(pk) OR t < :t OR t > :now")
            .expression_attribute_values(":t", n(ended_at.millis()))
            .expression_attribute_values(":now", n(now.millis()))
            .send();
        let (forgotten, seen) = tokio::join!(forget, seen);
        forgotten?;
        if let Err(error) = seen
            && !error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
        {
            return Err(error.into());
        }
        // After the row is gone, so that of two that end at once at least the later sees that nobody is left.
        match role {
            Role::Admin => Ok(Audience::default()),
            Role::Customer | Role::System => self.audience(user_id).await,
        }
    }

    async fn query_connections(&self, user_id: &str, role: Role) -> Result<Connections, Error> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :u")
            .expression_attribute_values(":u", s(key::connections(user_id, role)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut connections = Connections::default();
        while let Some(found) = items.next().await {
            let found = found?;
            if let Some((user_id, at)) = last_seen(&found) {
                connections.seen.insert(user_id, item::time(at)?);
            } else {
                connections.connections.push(connection::to_connection(found)?);
            }
        }
        Ok(connections)
    }
}

fn last_seen(item: &Item) -> Option<(String, i64)> {
    let user_id = item.get("sk")?.as_s().ok()?.strip_prefix(key::SEEN_PREFIX)?;
    let at = item.get("t")?.as_n().ok()?.parse().ok()?;
    Some((user_id.to_owned(), at))
}
