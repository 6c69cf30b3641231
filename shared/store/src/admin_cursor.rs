//! The read cursors of admins. The head has only that of the admin who has read furthest, so its
//! size does not depend on how many admins read. Each other admin's cursor is an item of its own.
//!
//! When another admin reads further, the cursor of the admin before is first put into that admin's
//! item. Then the head is updated, if it is as it was read. A reader gets the head first and the
//! item after it. So nobody sees a cursor go back, and a crash in between loses none.
//!
//! Only a head with a furthest admin can have such items beside it.

use std::collections::HashMap;

use domain::{Cursors, Head, Person, Role, SharedId};

use crate::conversation::{update_head, update_if};
use crate::cursor::{CursorMove, only_forward, refused_head};
use crate::error::Conditional;
use crate::key::{self, n, s};
use crate::log::ATTEMPTS;
use crate::{Error, Store, item};

/// Removes an admin's entry from the maps of older versions, unless such a version has moved the
/// admin's cursor there further. What was delivered to the admin stays as delivered to the shop.
const UNLIST: &str = "REMOVE an.#me, ar.#me, aa.#me, ad.#me";
const MAY_UNLIST: &str =
    "(attribute_not_exists(ar.#me) OR ar.#me <= :seq) AND (attribute_not_exists(sd) OR sd <= :delivered)";

impl Store {
    /// The cursors of `person` that `head` lacks. Zero if it lacks none, or the admin has none.
    /// Merge them with [`Head::with_cursors_of`] into a head that was read before.
    pub async fn own_cursors(&self, head: &Head, person: &Person) -> Result<Cursors, Error> {
        if !head.lacks_cursors_of(person) {
            return Ok(Cursors::default());
        }
        let key = key::key(head.shared_id.as_str(), &key::cursors(&person.user_id));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let found = get.send().await?.item.map(item::to_cursors).transpose()?;
        Ok(found.map(|(_, _, cursors)| cursors).unwrap_or_default())
    }

    /// Adds the cursors of `person` to the heads that lack them. The reads are eventually
    /// consistent, as those of a list.
    pub(crate) async fn with_own_cursors(&self, heads: Vec<Head>, person: &Person) -> Result<Vec<Head>, Error> {
        let lacking = heads.iter().filter(|head| head.lacks_cursors_of(person));
        let keys = lacking.map(|head| key::key(head.shared_id.as_str(), &key::cursors(&person.user_id))).collect();
        let found = self.get_all(keys, false).await?.into_iter().map(item::to_cursors);
        let found = found.map(|item| item.map(|(x, _, cursors)| (x, cursors)));
        let found = found.collect::<Result<HashMap<String, Cursors>, Error>>()?;
        let with_own = |head: Head| match found.get(head.shared_id.as_str()) {
            Some(cursors) => head.with_cursors_of(person, *cursors),
            None => head,
        };
        Ok(heads.into_iter().map(with_own).collect())
    }

    /// Adds the cursors of all admins. Their names become empty, because an item has none.
    pub(crate) async fn with_all_cursors(&self, mut head: Head) -> Result<Head, Error> {
        if head.furthest.is_none() {
            return Ok(head);
        }
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND begins_with(sk, :cursors)")
            .expression_attribute_values(":x", s(head.shared_id.as_str()))
            .expression_attribute_values(":cursors", s(key::CURSORS_PREFIX))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        while let Some(found) = items.next().await {
            let (_, user_id, cursors) = item::to_cursors(found?)?;
            head = head.with_cursors_of(&Person { user_id, role: Role::Admin, name: String::new() }, cursors);
        }
        Ok(head)
    }

    /// [`Store::mark_read`] for an admin. One write, if no other admin has read furthest and `seq`
    /// is the last message.
    pub(crate) async fn mark_read_by_admin(
        &self,
        shared_id: &SharedId,
        reader: &Person,
        seq: u64,
    ) -> Result<CursorMove, Error> {
        let to_the_end = self
            .update_cursor(shared_id, seq)
            .expression_attribute_names("#me", &reader.user_id)
            .expression_attribute_values(":me", s(&reader.user_id))
            .expression_attribute_values(":name", s(&reader.name))
            .update_expression("SET fu = :me, fw = :name, fr = :seq, fa = a")
            .condition_expression(format!(
                "n = :seq AND (attribute_not_exists(fu) OR fu = :me) AND {} AND attribute_not_exists(an.#me)",
                only_forward("fr")
            ));
        let mut outcome = update_head(to_the_end).await?;
        for _ in 0..ATTEMPTS {
            let head = match outcome {
                Conditional::Done(head) => return Ok(CursorMove::Moved(Box::new(head))),
                Conditional::Refused(head) => match refused_head(head, reader, seq)? {
                    Ok(head) => head,
                    Err(answer) => return Ok(answer),
                },
            };
            let listed = head.admins.contains_key(&reader.user_id);
            let own = self.own_cursors(&head, reader).await?;
            let head = head.with_cursors_of(reader, own);
            if head.cursors(reader).read >= seq {
                return Ok(CursorMove::Unchanged(Box::new(head)));
            }
            let read_counts = self.counts_at(&head, seq).await?;
            let cursors = Cursors { read: seq, read_counts, ..Cursors::default() };
            match head.furthest.as_ref().filter(|(user_id, _)| *user_id != reader.user_id) {
                Some((_, furthest)) if furthest.cursors.read >= seq => {
                    return self.move_own_cursor(head, reader, cursors, listed).await;
                }
                Some((user_id, before)) if before.cursors.read > 0 => {
                    self.put_cursors(shared_id, user_id, &before.cursors).await?;
                }
                _ => {}
            }
            outcome = self.set_furthest(&head, reader, &cursors, listed).await?;
        }
        Err(Error::Contended)
    }

    /// Moves the cursor in the item of `reader`. An entry of `reader` in the maps of older versions
    /// is removed after that.
    async fn move_own_cursor(
        &self,
        head: Head,
        reader: &Person,
        cursors: Cursors,
        listed: bool,
    ) -> Result<CursorMove, Error> {
        if !self.put_cursors(&head.shared_id, &reader.user_id, &cursors).await? {
            // Another request has moved the cursor further.
            let own = self.own_cursors(&head, reader).await?;
            return Ok(CursorMove::Unchanged(Box::new(head.with_cursors_of(reader, own))));
        }
        if listed {
            let update = self
                .update_cursor(&head.shared_id, cursors.read)
                .expression_attribute_names("#me", &reader.user_id)
                .expression_attribute_values(":delivered", n(head.shop_delivered))
                .update_expression(format!("SET sd = :delivered {UNLIST}"))
                .condition_expression(format!("attribute_exists(pk) AND {MAY_UNLIST}"));
            update_if(update).await?;
        }
        Ok(CursorMove::Moved(Box::new(head.with_cursors_of(reader, cursors))))
    }

    /// Names `reader` in the head as the admin who has read furthest, if the head is as it was read.
    async fn set_furthest(
        &self,
        head: &Head,
        reader: &Person,
        cursors: &Cursors,
        listed: bool,
    ) -> Result<Conditional<Head>, Error> {
        let mut update = self
            .update_cursor(&head.shared_id, cursors.read)
            .expression_attribute_values(":me", s(&reader.user_id))
            .expression_attribute_values(":name", s(&reader.name))
            .expression_attribute_values(":counts", n(cursors.read_counts.packed()));
        let mut set = "SET fu = :me, fw = :name, fr = :seq, fa = :counts".to_owned();
        let mut condition = match &head.furthest {
            None => "attribute_exists(pk) AND attribute_not_exists(fu)".to_owned(),
            Some((user_id, before)) => {
                update = update
                    .expression_attribute_values(":before", s(user_id))
                    .expression_attribute_values(":at", n(before.cursors.read));
                "fu = :before AND fr = :at".to_owned()
            }
        };
        if listed {
            update = update
                .expression_attribute_names("#me", &reader.user_id)
                .expression_attribute_values(":delivered", n(head.shop_delivered));
            set = format!("{set}, sd = :delivered {UNLIST}");
            condition = format!("{condition} AND {MAY_UNLIST}");
        }
        update_head(update.update_expression(set).condition_expression(condition)).await
    }

    /// Puts an admin's cursor into its item. Returns false if it is there already or further.
    async fn put_cursors(&self, shared_id: &SharedId, user_id: &str, cursors: &Cursors) -> Result<bool, Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id.as_str(), &key::cursors(user_id))))
            .expression_attribute_values(":seq", n(cursors.read))
            .expression_attribute_values(":counts", n(cursors.read_counts.packed()))
            .update_expression("SET r = :seq, a = :counts")
            .condition_expression(only_forward("r"));
        update_if(update).await
    }
}
