//! Tickets. A ticket opens one WebSocket connection.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::{Person, Role, Time};
use serde::{Deserialize, Serialize};

use crate::key::{self, n};
use crate::{Error, Store};

/// The owner of a ticket and its expiry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TicketHolder {
    /// The user who may connect with it.
    pub person: Person,
    /// When the user's token expires, in seconds since 1970. The connection expires then at the
    /// latest.
    pub token_expires: i64,
    /// When the ticket expires, in seconds since 1970.
    pub expires: i64,
}

#[derive(Deserialize, Serialize)]
struct TicketItem {
    pk: String,
    sk: String,
    u: String,
    r: Role,
    w: String,
    e: i64,
    ttl: i64,
}

impl Store {
    /// Stores a ticket by its `hash`. The ticket itself is not stored.
    pub async fn put_ticket(&self, hash: &str, holder: &TicketHolder) -> Result<(), Error> {
        let item = TicketItem {
            pk: key::ticket(hash),
            sk: key::ONLY.to_owned(),
            u: holder.person.user_id.clone(),
            r: holder.person.role,
            w: holder.person.name.clone(),
            e: holder.token_expires,
            ttl: holder.expires,
        };
        self.client.put_item().table_name(&self.table).set_item(Some(serde_dynamo::to_item(item)?)).send().await?;
        Ok(())
    }

    /// Deletes the ticket with this `hash` and returns its holder; `None` if there is no ticket or
    /// it has expired at `now`. A ticket can be taken only once.
    pub async fn take_ticket(&self, hash: &str, now: Time) -> Result<Option<TicketHolder>, Error> {
        let take = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key::key(&key::ticket(hash), key::ONLY)))
            .condition_expression("#ttl > :now")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", n(now.seconds()))
            .return_values(ReturnValue::AllOld);
        match take.send().await {
            Ok(taken) => {
                let item: TicketItem =
                    serde_dynamo::from_item(taken.attributes.ok_or(Error::Corrupt("a delete without its item"))?)?;
                let person = Person { user_id: item.u, role: item.r, name: item.w };
                Ok(Some(TicketHolder { person, token_expires: item.e, expires: item.ttl }))
            }
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
