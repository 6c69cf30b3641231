//! Searches the messages of one conversation, newest first.

use std::ops::Range;

use domain::{Entry, Kind, Message, Person, Search, SharedId};

use crate::key;
use crate::{Error, Store, item};

/// How many entries one request looks at. A query also ends after 1 MB, which is 256 read units.
const MAX_SEARCHED: u32 = 1_000;

/// What one request has found.
#[derive(Clone, Debug)]
pub struct MessageSearch {
    /// The messages as they are now, by descending `seq`, with the places of the words.
    pub found: Vec<(Message, Vec<Range<usize>>)>,
    /// Every entry from this `seq` on was looked at, up to where the search began; `None` if there is
    /// none before it.
    pub searched_to: Option<u64>,
}

impl Store {
    /// Up to `limit` text messages that `search` finds below the `seq` `before`, or among all; `None`
    /// if the conversation does not exist or `caller` does not take part. Deleted messages have no text,
    /// so they are not found.
    pub async fn search_messages(
        &self,
        caller: &Person,
        shared_id: &SharedId,
        search: &Search,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Option<MessageSearch>, Error> {
        // If a crash left the last entry out of the log, this puts it there, after its effect.
        let newest = self.newest(shared_id, 1).await?;
        if !newest.is_some_and(|newest| newest.head.has_participant(caller)) {
            return Ok(None);
        }
        let mut result = MessageSearch { found: Vec::new(), searched_to: None };
        let below = before.unwrap_or(key::MAX_SEQ).min(key::MAX_SEQ);
        let Some(last) = below.checked_sub(1).filter(|last| *last > 0) else { return Ok(Some(result)) };

        let query = self.query_between(shared_id, key::log(1), key::log(last), false, MAX_SEARCHED);
        let page = query.send().await?;
        for found in page.items.unwrap_or_default() {
            let entry = item::to_entry(found)?;
            result.searched_to = Some(entry.seq());
            let Entry::Message(message) = entry.entry else { continue };
            if message.kind != Kind::Text {
                continue;
            }
            if let Some(places) = search.places_in(&message.body) {
                result.found.push((message, places));
                if result.found.len() == limit as usize {
                    return Ok(Some(result));
                }
            }
        }
        result.searched_to = result.searched_to.filter(|_| page.last_evaluated_key.is_some());
        Ok(Some(result))
    }
}
