//! Changes an order's status. The change is a system message, sent like any other message.

use domain::{Head, LogEntry, Message, MessageId, Order, OrderStatus, Person, SharedId, System, Time};

use crate::conversation::update_if;
use crate::desk_item::{Expression, place_in_queue};
use crate::key::{self, n, s};
use crate::log::ATTEMPTS;
use crate::{Audience, Error, Store, item};

/// The outcome of a status change.
#[derive(Clone, Debug)]
pub enum ChangeStatusOutcome {
    /// The status changed.
    Changed {
        /// The order after the change.
        order: Box<Order>,
        /// The system message that reports it.
        message: Box<Message>,
        /// The connections after the message was stored.
        audience: Audience,
    },
    /// The order already has that status.
    Unchanged(Box<Order>),
    /// The order's current status does not allow this change.
    NotAllowed(OrderStatus),
    /// The order does not exist.
    NotFound,
}

impl Store {
    /// Changes an order's status to `to` at `now`. `id` is the id of the system message; a repeated
    /// attempt finds its own message by it.
    pub async fn change_status(
        &self,
        shared_id: &SharedId,
        to: OrderStatus,
        by: &Person,
        id: &MessageId,
        now: Time,
    ) -> Result<ChangeStatusOutcome, Error> {
        let (order, newest) = tokio::try_join!(self.order_as_placed(shared_id), self.newest(shared_id, 1))?;
        let (Some(order), Some(mut tail)) = (order, newest) else { return Ok(ChangeStatusOutcome::NotFound) };
        for _ in 0..ATTEMPTS {
            if let Some(entry) = tail.entries.iter().find(|entry| entry.message().is_some_and(|it| it.id == *id)) {
                return self.report(order, &tail.head, entry).await;
            }
            let from = tail.head.order.status;
            if from == to {
                return Ok(ChangeStatusOutcome::Unchanged(Box::new(item::current_order(order, &tail.head))));
            }
            if !from.may_become(to) {
                return Ok(ChangeStatusOutcome::NotAllowed(from));
            }
            let system = System::StatusChanged { from, to, by: by.clone() };
            let seq = tail.head.last_seq();
            let message = Message::system(shared_id.conversation_id(), seq + 1, id.clone(), system, now);
            if self.advance_head_by_status(&tail.head, &message, from, to).await? {
                let mut head = tail.head.with_message(message);
                head.order.status = to;
                head.order_updated_at = now;
                return self.report(order, &head, &head.last_entry()).await;
            }
            self.lost_race();
            tail = self.tail(shared_id, seq).await?.ok_or(Error::Corrupt("a conversation that vanished"))?;
        }
        Err(Error::Contended)
    }

    /// The order as it was placed.
    pub(crate) async fn order_as_placed(&self, shared_id: &SharedId) -> Result<Option<Order>, Error> {
        let get =
            self.client.get_item().table_name(&self.table).set_key(Some(key::key(shared_id.as_str(), key::ORDER)));
        let found = get.consistent_read(true).send().await?.item;
        Ok(found.map(item::to_order).transpose()?.map(|(order, _)| order))
    }

    /// Updates `head` by a system message. Its last entry must be in the log. Returns false if a
    /// concurrent write changed the head.
    pub(crate) async fn advance_head_by_status(
        &self,
        head: &Head,
        message: &Message,
        from: OrderStatus,
        to: OrderStatus,
    ) -> Result<bool, Error> {
        let shared_id = head.shared_id.as_str();
        let now = message.created_at;
        let counts = head.next_entry(message.clone()).counts;
        let mut expression = Expression::set("n = :n, a = :a, m = :m, os = :to, ou = :now, im = :im");
        expression.and_remove("e");
        expression.and_remove("ms");
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .condition_expression("n = :seen AND os = :from")
            .expression_attribute_values(":seen", n(head.last_seq()))
            .expression_attribute_values(":from", s(from.as_str()))
            .expression_attribute_values(":n", n(message.seq))
            .expression_attribute_values(":a", n(counts.packed()))
            .expression_attribute_values(":m", serde_dynamo::to_attribute_value(item::StoredMessage::of(message))?)
            .expression_attribute_values(":to", s(to.as_str()))
            .expression_attribute_values(":now", n(now.millis()))
            .expression_attribute_values(":im", s(key::inbox_position(now.minute(), shared_id)));
        let update = place_in_queue(update, &mut expression, head.status, now);
        update_if(update.update_expression(expression.text())).await
    }

    async fn report(&self, order: Order, head: &Head, entry: &LogEntry) -> Result<ChangeStatusOutcome, Error> {
        let message = entry.message().ok_or(Error::Corrupt("a status change that is no message"))?;
        let put = self.put_entry(&head.customer_id, entry);
        let (audience, ()) = tokio::try_join!(self.audience(&head.customer_id), put)?;
        let order = Box::new(item::current_order(order, head));
        Ok(ChangeStatusOutcome::Changed { order, message: Box::new(message.clone()), audience })
    }
}
