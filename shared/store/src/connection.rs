//! Connections: one item each, under its user for customers and in one partition for all admins.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::{Person, Role, SharedId, Time};
use serde::{Deserialize, Serialize};

use crate::key::{self, Item, n, s};
use crate::{Error, Store};

/// An open WebSocket connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Connection {
    /// API Gateway's connection id.
    pub id: String,
    /// The user who opened it.
    pub user_id: String,
    /// The user's role.
    pub role: Role,
    /// The conversation it has joined.
    pub joined: Option<SharedId>,
    /// The customer of the joined conversation.
    pub joined_customer: Option<String>,
    /// When it was opened.
    pub connected_at: Time,
    /// When it was last known to be open: its client sent a `ping` or joined, or API Gateway
    /// accepted a push to it. Written at most once in [`REFRESH_MS`]. Absent in rows of older
    /// versions.
    pub heard_at: Option<Time>,
    /// When it expires, in seconds since 1970; nothing is pushed to it from then on. This is the
    /// token's end, or API Gateway's limit if that is earlier.
    pub expires: i64,
}

/// How long `heard_at` is not written again, in milliseconds.
pub const REFRESH_MS: i64 = 5 * 60 * 1000;

/// How long a connection counts as online after `heard_at`, in milliseconds. A hidden page pings at
/// least every nine and a half minutes. A ping shortly before the end of `REFRESH_MS` is not written.
/// So up to fourteen and a half minutes can pass between two writes.
pub const SILENCE_MS: i64 = 15 * 60 * 1000;

/// Whether a connection is in the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConnectionStatus {
    /// The connection is in the table.
    Exists,
    /// It is not in the table. The client has to open a new one.
    Missing,
}

#[derive(Deserialize, Serialize)]
struct ConnectionItem {
    pk: String,
    sk: String,
    u: String,
    r: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    j: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jc: Option<String>,
    t: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    h: Option<i64>,
    ttl: i64,
}

pub(crate) fn to_connection(item: Item) -> Result<Connection, Error> {
    let item: ConnectionItem = serde_dynamo::from_item(item)?;
    let id = item.sk.strip_prefix(key::CONNECTION_PREFIX).ok_or(Error::Corrupt("connection key"))?;
    Ok(Connection {
        id: id.to_owned(),
        user_id: item.u,
        role: item.r,
        joined: item.j.as_deref().and_then(SharedId::parse),
        joined_customer: item.jc,
        connected_at: crate::time::time(item.t)?,
        heard_at: item.h.map(crate::time::time).transpose()?,
        expires: item.ttl,
    })
}

/// The item of a connection that has not joined a conversation.
fn from_connection(connection: &Connection) -> Result<Item, Error> {
    let item = ConnectionItem {
        pk: key::connections(&connection.user_id, connection.role),
        sk: key::connection(&connection.id),
        u: connection.user_id.clone(),
        r: connection.role,
        j: None,
        jc: None,
        t: connection.connected_at.millis(),
        h: connection.heard_at.map(Time::millis),
        ttl: connection.expires,
    };
    Ok(serde_dynamo::to_item(item)?)
}

impl Connection {
    /// Returns true if this connection has the id that `person` names, and is theirs. So a request
    /// that names somebody else's connection silences nobody.
    pub fn is_named(&self, id: Option<&str>, person: &Person) -> bool {
        id == Some(self.id.as_str()) && self.is_of(person)
    }

    /// Returns true if `person` opened the connection.
    pub fn is_of(&self, person: &Person) -> bool {
        self.user_id == person.user_id && self.role == person.role
    }

    /// Returns true if the connection has not expired at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        now.seconds() < self.expires
    }

    /// Returns true if the user counts as online at `now`. An expired or silent connection may have
    /// ended without a `$disconnect`.
    pub fn is_online(&self, now: Time) -> bool {
        let is_silent = |heard: Time| now.millis() - heard.millis() >= SILENCE_MS;
        self.is_live(now) && !self.heard_at.is_some_and(is_silent)
    }

    /// Returns true if `heard_at` should be written again at `now`.
    pub fn is_due_for_refresh(&self, now: Time) -> bool {
        is_due(self.heard_at, now)
    }
}

/// Also true for a time in the future, which was written before the clock was set back.
fn is_due(heard_at: Option<Time>, now: Time) -> bool {
    heard_at.is_none_or(|heard| (now.millis() - heard.millis()).abs() >= REFRESH_MS)
}

impl Store {
    /// Sets `heard_at` to `now`. Does not create a row for a connection that is not in the table.
    pub async fn refresh(&self, user_id: &str, role: Role, id: &str, now: Time) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(&key::connections(user_id, role), &key::connection(id))))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET h = :h")
            .expression_attribute_values(":h", n(now.millis()));
        connection_status(update.send().await).map(|_| ())
    }

    /// Like [`Store::refresh`], but only if it is due. The read that checks this costs a tenth of a
    /// write.
    pub async fn refresh_if_due(&self, person: &Person, id: &str, now: Time) -> Result<(), Error> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key::key(&key::connections_key_of(person), &key::connection(id))));
        let Some(item) = get.send().await?.item else { return Ok(()) };
        if to_connection(item)?.is_due_for_refresh(now) {
            self.refresh(&person.user_id, person.role, id, now).await?;
        }
        Ok(())
    }

    /// Stores a connection.
    pub async fn register(&self, connection: &Connection) -> Result<(), Error> {
        let item = from_connection(connection)?;
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Joins a connection to a conversation at `now`; it leaves the one before. Returns `Missing`
    /// if the connection is not in the table.
    pub async fn join(
        &self,
        person: &Person,
        id: &str,
        shared_id: &SharedId,
        customer_id: &str,
        now: Time,
    ) -> Result<ConnectionStatus, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(&key::connections_key_of(person), &key::connection(id))))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET j = :j, jc = :jc, h = :h")
            .expression_attribute_values(":j", s(shared_id.as_str()))
            .expression_attribute_values(":jc", s(customer_id))
            .expression_attribute_values(":h", n(now.millis()));
        connection_status(update.send().await)
    }

    /// Leaves the conversation if the connection has joined it.
    pub async fn leave(&self, person: &Person, id: &str, shared_id: &SharedId) -> Result<ConnectionStatus, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(&key::connections_key_of(person), &key::connection(id))))
            .condition_expression("j = :j")
            .update_expression("REMOVE j, jc")
            .expression_attribute_values(":j", s(shared_id.as_str()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        connection_status(update.send().await)
    }
}

fn connection_status<T, R>(outcome: Result<T, SdkError<UpdateItemError, R>>) -> Result<ConnectionStatus, Error>
where
    R: std::fmt::Debug + 'static,
{
    match outcome {
        Ok(_) => Ok(ConnectionStatus::Exists),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                Ok(if refusal.item.is_some() { ConnectionStatus::Exists } else { ConnectionStatus::Missing })
            }
            _ => Err(error.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn connections_round_trip(
            id: String, user_id: String, admin: bool, millis in 0..253_402_207_200_000i64,
            heard in prop::option::of(0..253_402_207_200_000i64), expires: i64,
        ) {
            let connection = Connection {
                id,
                user_id,
                role: if admin { Role::Admin } else { Role::Customer },
                joined: None,
                joined_customer: None,
                connected_at: Time::from_millis(millis).unwrap(),
                heard_at: heard.and_then(Time::from_millis),
                expires,
            };
            prop_assert_eq!(to_connection(from_connection(&connection).unwrap()).unwrap(), connection);
        }
    }
}
