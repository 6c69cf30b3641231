//! Lists the connections of a customer and of all admins, with the time each user was last seen.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use domain::{Role, Time};

use crate::connection::{self, Connection};
use crate::key::{self, Item, n, s};
use crate::{Error, Store};

/// The connections and last-seen times of one customer, or of all admins together.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// All rows, including connections that have expired.
    pub connections: Vec<Connection>,
    /// When the last connection of each user ended, by user id.
    pub seen: HashMap<String, Time>,
}

/// The presence of a user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Presence {
    /// Whether the user has an open connection.
    pub online: bool,
    /// When the last one ended; absent while online and before the first.
    pub last_seen_at: Option<Time>,
}

/// Everyone who gets a conversation's events: its customer and all admins.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// The customer's connections.
    pub customer: Connections,
    /// The admins' connections.
    pub shop: Connections,
}

impl Audience {
    /// All connections.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.customer.connections.iter().chain(&self.shop.connections)
    }
}

impl Connections {
    /// The presence of `user_id` at `now`.
    pub fn presence_of(&self, user_id: &str, now: Time) -> Presence {
        self.presence(|id| id == user_id, now)
    }

    /// The presence of the group at `now`: online if any of its users is.
    pub fn presence_of_any(&self, now: Time) -> Presence {
        self.presence(|_| true, now)
    }

    fn presence(&self, whose: impl Fn(&str) -> bool, now: Time) -> Presence {
        let theirs = || self.connections.iter().filter(|connection| whose(&connection.user_id));
        if theirs().any(|connection| connection.is_online(now)) {
            return Presence { online: true, last_seen_at: None };
        }
        // A connection that ended without a `$disconnect` was last seen at `heard_at`. Older rows
        // do not have that; for them it is the expiry.
        let end = |connection: &Connection| Time::from_millis(connection.expires.saturating_mul(1000));
        let ran_out = theirs().filter_map(|connection| connection.heard_at.or_else(|| end(connection)));
        let left = self.seen.iter().filter(|(id, _)| whose(id)).map(|(_, at)| *at);
        Presence { online: false, last_seen_at: ran_out.chain(left).max() }
    }
}

impl Store {
    /// The audience of the conversations of `customer_id`. The reads are strongly consistent: after
    /// a message is stored, they return every connection that was registered before.
    pub async fn audience(&self, customer_id: &str) -> Result<Audience, Error> {
        let (customer, shop) =
            tokio::try_join!(self.query_connections(customer_id, Role::Customer), self.admin_connections())?;
        Ok(Audience { customer, shop })
    }

    /// The connections of all admins.
    pub async fn admin_connections(&self) -> Result<Connections, Error> {
        self.query_connections("", Role::Admin).await
    }

    /// A customer's own connections.
    pub async fn connections_of(&self, customer_id: &str) -> Result<Connections, Error> {
        self.query_connections(customer_id, Role::Customer).await
    }

    /// Deletes a connection that ended at `ended_at`, and stores this as its user's last-seen time,
    /// unless a later one is stored. Returns a customer's audience after that. For an admin the
    /// audience is empty.
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
            // A stored time in the future was written before the clock was set back.
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
        // Read after the row is deleted. If two connections end at once, at least the later one
        // then reads that none is left.
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
                connections.seen.insert(user_id, crate::time::time(at)?);
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
