//! One conversation: its head and its order.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{Head, Order, Person, SharedId};

use crate::error::Conditional;
use crate::key;
use crate::{Error, Store, item};

impl Store {
    /// The conversation's head; `None` if the conversation does not exist.
    pub async fn head(&self, shared_id: &SharedId) -> Result<Option<Head>, Error> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key::key(shared_id.as_str(), key::HEAD)));
        get.consistent_read(true).send().await?.item.map(item::to_head).transpose()
    }

    /// The order in its current state, with its conversation's head, which has the cursors of
    /// `reader`; `None` if it does not exist.
    pub async fn order(&self, shared_id: &SharedId, reader: &Person) -> Result<Option<(Order, Head)>, Error> {
        let (order, head) = tokio::try_join!(self.order_as_placed(shared_id), self.head(shared_id))?;
        let (Some(order), Some(head)) = (order, head) else { return Ok(None) };
        let own = self.own_cursors(&head, reader).await?;
        Ok(Some((item::current_order(order, &head), head.with_cursors_of(reader, own))))
    }
}

/// Makes a conditional update of a head. Returns the new head, or the item for which the condition
/// is false.
pub(crate) async fn update_head(update: UpdateItemFluentBuilder) -> Result<Conditional<Head>, Error> {
    match update.send().await {
        Ok(updated) => {
            let head = updated.attributes.ok_or(Error::Corrupt("an update without its item"))?;
            Ok(Conditional::Done(item::to_head(head)?))
        }
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                Ok(Conditional::Refused(refusal.item.clone()))
            }
            _ => Err(error.into()),
        },
    }
}

/// Makes a conditional update. Returns true if its condition held.
pub(crate) async fn update_if(update: UpdateItemFluentBuilder) -> Result<bool, Error> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
