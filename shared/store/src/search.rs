//! Searching: the inbox from a position down, with the orders of its conversations.

use std::collections::HashMap;

use domain::{Head, Order, Person, Position, Search};

use crate::inbox::{InboxFilter, InboxPage, Ranked};
use crate::key;
use crate::{Error, Store, item};

/// How many conversations one request looks at; the next page goes on behind them. A customer's inbox has no more.
const MAX_SEARCHED: usize = 200;

impl Store {
    /// A page of those in `caller`'s inbox whose orders `search` looks for. A page may have fewer than `limit`, or none, and all
    /// the same a next one.
    pub async fn search(
        &self,
        caller: &Person,
        filter: &InboxFilter,
        search: &Search,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<InboxPage, Error> {
        let Ranked { heads: ranked, next } = self.ranked_heads(caller, filter, MAX_SEARCHED, after).await?;
        let orders = self.orders_as_placed(ranked.iter().map(|(_, head)| head)).await?;
        let last = ranked.len();
        let mut heads = Vec::new();
        for (searched, (position, head)) in (1..).zip(ranked) {
            let order = orders.get(head.shared_id.as_str());
            if order.is_some_and(|order| search.matches(order, &head.customer_name)) {
                heads.push(head);
            }
            if heads.len() == limit as usize && (next.is_some() || searched < last) {
                let next = Some(position);
                return Ok(InboxPage { heads: self.with_own_cursors(heads, caller).await?, next });
            }
        }
        Ok(InboxPage { heads: self.with_own_cursors(heads, caller).await?, next })
    }

    /// Orders by X, eventually consistent.
    async fn orders_as_placed<'a>(
        &self,
        heads: impl Iterator<Item = &'a Head>,
    ) -> Result<HashMap<String, Order>, Error> {
        let keys = heads.map(|head| key::key(head.shared_id.as_str(), key::ORDER)).collect();
        let orders = self.get_all(keys, false).await?.into_iter().map(item::to_order);
        let by_id = |(order, _): (Order, String)| (order.id.shared_id().as_str().to_owned(), order);
        orders.map(|order| order.map(by_id)).collect()
    }
}
