//! Creates an order with its first message and head in one transaction.

use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::{Head, Order};

use crate::key::Item;
use crate::log::{ABSENT, Transacted};
use crate::{Error, Store, count, item};

/// The outcome of creating an order.
#[derive(Clone, Debug)]
pub enum CreateOutcome {
    /// The order was created.
    Created,
    /// The order already exists: the same caller used the same idempotency key before.
    Exists {
        /// The fingerprint of the request that created it.
        fingerprint: String,
    },
}

impl Store {
    /// Creates `order` and its conversation. `head` contains the first message.
    pub async fn create_order(&self, order: &Order, head: &Head, fingerprint: &str) -> Result<CreateOutcome, Error> {
        let put = |item: Item| {
            Put::builder()
                .table_name(&self.table)
                .set_item(Some(item))
                .condition_expression(ABSENT)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()
                .map(|put| TransactWriteItem::builder().put(put).build())
                .map_err(|_| Error::Corrupt("birth"))
        };
        let mut writes = vec![
            put(item::from_order(order, fingerprint)?)?,
            put(item::from_entry(&head.last_entry())?)?,
            put(item::from_head(head)?)?,
        ];
        writes.extend(count::status_writes(&self.table, order.id.shared_id(), &order.customer_id, None, order.status)?);
        match self.transact(writes).await? {
            Transacted::Done => Ok(CreateOutcome::Created),
            Transacted::Refused(items) => {
                let order =
                    items.into_iter().next().flatten().ok_or(Error::Corrupt("a conversation without its order"))?;
                let (_, fingerprint) = item::to_order(order)?;
                Ok(CreateOutcome::Exists { fingerprint })
            }
        }
    }
}
