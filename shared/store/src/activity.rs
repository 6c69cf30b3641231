//! Whether anything was active since a time: what a sync would find, without reading it.

use domain::{ConversationStatus, Person, Time};
use futures_util::future::{try_join, try_join_all};

use crate::key::{self, s};
use crate::{Error, Store};

impl Store {
    /// Returns true if a conversation of `caller`'s inbox was active at `since` or later. For an
    /// admin also if there is a note since then.
    ///
    /// An admin's answer reads one key for each status and one for notes. It is precise to the
    /// minute, so it can be true for something that happened shortly before `since`. A customer's
    /// reads the heads of their conversations, as no index knows the activity of one customer.
    pub async fn is_active_since(&self, caller: &Person, since: Time) -> Result<bool, Error> {
        if caller.is_admin() {
            let statuses = ConversationStatus::ALL.map(|status| self.is_listed_since(status.as_str(), since));
            let (listed, noted) = try_join(try_join_all(statuses), self.is_listed_since(key::NOTES, since)).await?;
            return Ok(noted || listed.contains(&true));
        }
        let heads = self.customer_heads(&caller.user_id).await?;
        Ok(heads.iter().any(|head| head.last_activity_at() >= since))
    }

    /// Returns true if the index `inbox` lists something in the partition `of` in the minute of
    /// `since` or later.
    async fn is_listed_since(&self, of: &str, since: Time) -> Result<bool, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("inbox")
            .key_condition_expression("#is = :of AND im >= :first")
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":of", s(of))
            .expression_attribute_values(":first", s(key::inbox_position(since.minute().max(0), "")))
            .limit(1);
        Ok(query.send().await?.count > 0)
    }
}
