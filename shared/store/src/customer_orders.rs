//! A customer's orders and conversations, from an index by time of creation. Its entries never
//! move.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use domain::{Head, Order, Position, SharedId};

use crate::key::{self, Item, s};
use crate::{Error, Store, item};

/// A page of a customer's orders.
#[derive(Clone, Debug)]
pub struct OrdersPage {
    /// The orders, newest first, each with its conversation's head.
    pub items: Vec<(Order, Head)>,
    /// The position where the next page starts; `None` on the last page.
    pub next: Option<Position>,
}

/// The most items that one `BatchGetItem` can read.
const MAX_BATCH_KEYS: usize = 100;

impl Store {
    /// A page of a customer's orders, newest first.
    pub async fn orders_of(
        &self,
        customer_id: &str,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<OrdersPage, Error> {
        // One more than asked for, to know whether there is another page.
        let mut found = self.customer_index(customer_id, limit.saturating_add(1), after).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|(position, _)| position.parse());
        let next = next.transpose().map_err(|_| Error::Corrupt("index key"))?;
        let keys = found.iter().flat_map(|(_, x)| [key::key(x, key::ORDER), key::key(x, key::HEAD)]).collect();
        let mut orders = HashMap::new();
        let mut heads = HashMap::new();
        for found in self.get_all(keys, true).await? {
            if found.get("sk") == Some(&s(key::ORDER)) {
                let (order, _) = item::to_order(found)?;
                orders.insert(order.id.shared_id().clone(), order);
            } else {
                let head = item::to_head(found)?;
                heads.insert(head.shared_id.clone(), head);
            }
        }
        let mut items = Vec::with_capacity(found.len());
        for (_, x) in found {
            let shared_id = SharedId::parse(&x).ok_or(Error::Corrupt("order key"))?;
            if let (Some(order), Some(head)) = (orders.remove(&shared_id), heads.remove(&shared_id)) {
                items.push((item::current_order(order, &head), head));
            }
        }
        Ok(OrdersPage { items, next })
    }

    /// The positions of a customer's orders, newest first.
    pub(crate) async fn customer_index(
        &self,
        customer_id: &str,
        most: u32,
        after: Option<&Position>,
    ) -> Result<Vec<(String, String)>, Error> {
        let query = self.client.query().table_name(&self.table).index_name("customer").scan_index_forward(false);
        let query = query.expression_attribute_values(":c", s(customer_id));
        let query = match after {
            None => query.key_condition_expression("ck = :c"),
            Some(position) => query
                .key_condition_expression("ck = :c AND cm < :position")
                .expression_attribute_values(":position", s(position.to_string())),
        };
        let mut items = query.limit(i32::try_from(most).unwrap_or(i32::MAX)).into_paginator().items().send();
        let mut found = Vec::new();
        while found.len() < most as usize {
            let Some(item) = items.next().await else { break };
            let item = item?;
            found.push((string_attribute(&item, "cm")?, string_attribute(&item, "pk")?));
        }
        Ok(found)
    }

    /// Reads the items with these keys, in no particular order. Missing items are left out.
    pub(crate) async fn get_all(&self, keys: Vec<Item>, consistent: bool) -> Result<Vec<Item>, Error> {
        let batches = keys.chunks(MAX_BATCH_KEYS).map(|batch| self.get_batch(batch.to_vec(), consistent));
        Ok(futures_util::future::try_join_all(batches).await?.concat())
    }

    /// `BatchGetItem` may return unprocessed keys; they are requested again.
    async fn get_batch(&self, mut keys: Vec<Item>, consistent: bool) -> Result<Vec<Item>, Error> {
        let mut items = Vec::with_capacity(keys.len());
        for attempt in 0..MAX_ROUNDS {
            if keys.is_empty() {
                return Ok(items);
            }
            if attempt > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(5 << attempt)).await;
            }
            let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(consistent).build();
            let asked = asked.map_err(|_| Error::Corrupt("batch"))?;
            let answer = self.client.batch_get_item().request_items(&self.table, asked).send().await?;
            items.extend(answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default());
            let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
            keys = left.map(|left| left.keys).unwrap_or_default();
        }
        Err(Error::Contended)
    }
}

const MAX_ROUNDS: u32 = 8;

pub(crate) fn string_attribute(item: &Item, name: &str) -> Result<String, Error> {
    let value = item.get(name).and_then(|value| AttributeValue::as_s(value).ok());
    value.cloned().ok_or(Error::Corrupt("index key"))
}
