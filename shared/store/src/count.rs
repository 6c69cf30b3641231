//! The number of orders by status.
//!
//! The shop's counts are spread over 16 items, so that transactions do not all conflict on one
//! item. A customer's counts are one item.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{OrderStatus, SharedId};
use serde::Deserialize;

use crate::key::{self, Item, n, s};
use crate::{Error, Store};

/// The number of orders by status.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
pub struct StatusCounts {
    /// Orders that the shop has not confirmed yet.
    pub pending: i64,
    /// Orders that the shop has confirmed.
    pub confirmed: i64,
    /// Orders that are done.
    pub completed: i64,
    /// Orders that were cancelled.
    pub cancelled: i64,
}

/// The writes that add an order to the count of `to`, and remove it from `from` if it was counted
/// there.
pub(crate) fn status_writes(
    table: &str,
    shared_id: &SharedId,
    customer_id: &str,
    from: Option<OrderStatus>,
    to: OrderStatus,
) -> Result<[TransactWriteItem; 2], Error> {
    let shop = key::key(key::SHOP_COUNTS, &key::count_shard(shared_id));
    let customer = key::key(&key::customer_counts(customer_id), key::ONLY);
    Ok([add(table, shop, from, to)?, add(table, customer, from, to)?])
}

fn add(table: &str, key: Item, from: Option<OrderStatus>, to: OrderStatus) -> Result<TransactWriteItem, Error> {
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(key))
        .expression_attribute_names("#to", to.as_str())
        .expression_attribute_values(":one", n(1i64));
    update = match from {
        None => update.update_expression("ADD #to :one"),
        Some(from) => update
            .update_expression("ADD #to :one, #from :less")
            .expression_attribute_names("#from", from.as_str())
            .expression_attribute_values(":less", n(-1i64)),
    };
    let update = update.build().map_err(|_| Error::Corrupt("count"))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

impl Store {
    /// The counts of all orders.
    pub async fn shop_counts(&self) -> Result<StatusCounts, Error> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("pk = :n");
        let shards = query.expression_attribute_values(":n", s(key::SHOP_COUNTS)).consistent_read(true).send().await?;
        let mut sum = StatusCounts::default();
        for item in shards.items.unwrap_or_default() {
            let shard: StatusCounts = serde_dynamo::from_item(item)?;
            sum.pending += shard.pending;
            sum.confirmed += shard.confirmed;
            sum.completed += shard.completed;
            sum.cancelled += shard.cancelled;
        }
        Ok(sum)
    }

    /// The counts of a customer's orders.
    pub async fn customer_counts(&self, customer_id: &str) -> Result<StatusCounts, Error> {
        let key = key::key(&key::customer_counts(customer_id), key::ONLY);
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key));
        let found = get.consistent_read(true).send().await?.item;
        Ok(found.map(serde_dynamo::from_item).transpose()?.unwrap_or_default())
    }
}
