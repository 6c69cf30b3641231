//! Searching: the inbox from a position down, with the orders of its conversations, until enough are found.

use std::collections::HashMap;

use domain::{Head, Order, Person, Position, Search};

use crate::inbox::{InboxFilter, InboxPage, MAX_CUSTOMER_INBOX};
use crate::key;
use crate::{Error, Store, item};

/// How many conversations one search looks at; the next page goes on behind them.
const MAX_SEARCHED: usize = 200;

/// How many of everybody's are read at once.
const STEP: usize = 50;

impl Store {
    /// A page of those in `caller`'s inbox whose orders `search` looks for. A page may have fewer than `limit`, or none, and all
    /// the same a next one.
    pub async fn search(
        &self,
        caller: &Person,
        filter: InboxFilter,
        search: &Search,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<InboxPage, Error> {
        // A customer's inbox is read as a whole anyway.
        let step = if caller.is_admin() { STEP } else { MAX_CUSTOMER_INBOX as usize };
        let (mut heads, mut searched, mut after) = (Vec::new(), 0, after.cloned());
        loop {
            let (ranked, more) = self.ranked_heads(caller, filter, step, after.as_ref()).await?;
            let orders = self.orders_as_placed(ranked.iter().map(|(_, head)| head)).await?;
            let in_all = ranked.len();
            for (index, (position, head)) in ranked.into_iter().enumerate() {
                searched += 1;
                let found =
                    orders.get(head.shared_id.as_str()).is_some_and(|it| search.matches(it, &head.customer_name));
                after = Some(position);
                if found {
                    heads.push(head);
                }
                if heads.len() == limit as usize && (more || index + 1 < in_all) {
                    return Ok(InboxPage { heads, next: after });
                }
            }
            if searched >= MAX_SEARCHED || !more || in_all == 0 {
                return Ok(InboxPage { heads, next: after.filter(|_| more && in_all > 0) });
            }
        }
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
