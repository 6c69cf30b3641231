//! The load on a running system: one admin, and customers with one conversation each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Client, Screen, TIMEOUT, body};
use crate::system::{Kind, System};

/// How many come at once.
const MAX_CONCURRENT: usize = 16;

/// The people, and the system they are in.
pub(crate) struct Workload {
    pub(crate) system: System,
    pub(crate) screen: Arc<Screen>,
    pub(crate) admin: Client,
    pub(crate) customers: Vec<Customer>,
    turns: AtomicU64,
    messages: AtomicU64,
}

/// A customer who looks at a conversation.
pub(crate) struct Customer {
    pub(crate) client: Client,
    /// Its id, in JSON.
    pub(crate) conversation: String,
    /// Up to where both sides hold it.
    seq: AtomicU64,
}

/// A message that was sent, and seen on the other side.
pub(crate) struct Delivered {
    /// From before it was sent to when the other side had read its frame.
    pub(crate) latency: Duration,
    /// The request on the wire, in bytes.
    pub(crate) request: usize,
    /// The answer on the wire, in bytes.
    pub(crate) answer: usize,
    /// The frame that brought it to the other side, on the wire, in bytes.
    pub(crate) push: usize,
    pub(crate) seq: u64,
}

impl Customer {
    /// Both sides hold the conversation up to here.
    pub(crate) fn holds(&mut self, seq: usize) -> Result<()> {
        self.seq = AtomicU64::new(u64::try_from(seq)?);
        Ok(())
    }
}

impl Workload {
    /// An admin and this many customers.
    pub(crate) async fn open(system: System, customers: usize) -> Result<Self> {
        let screen = Arc::new(Screen::default());
        let admin = Client::connect(&system, &System::token("admin", "admin")?, &screen).await?;
        let arriving =
            stream::iter(0..customers).map(|number| add_customer(&system, &screen, number)).buffered(MAX_CONCURRENT);
        let customers = arriving.try_collect().await?;
        Ok(Self { system, screen, admin, customers, turns: AtomicU64::new(0), messages: AtomicU64::new(1) })
    }

    /// Sends the next message of all: conversation after conversation, the customer's turn in one round and the admin's in the next.
    pub(crate) async fn send(&self) -> Result<Delivered> {
        let (customer, by_customer) = self.turn()?;
        self.say(customer, by_customer).await
    }

    /// As [`Workload::send`], and then the other side says that it has read the message.
    pub(crate) async fn send_and_read(&self) -> Result<Delivered> {
        let (customer, by_customer) = self.turn()?;
        let delivered = self.say(customer, by_customer).await?;
        self.read(customer, !by_customer, delivered.seq).await?;
        Ok(delivered)
    }

    /// Says that one side has read a customer's conversation up to `seq`.
    pub(crate) async fn read(&self, customer: &Customer, by_customer: bool, seq: u64) -> Result<()> {
        let reader = if by_customer { &customer.client } else { &self.admin };
        reader.ask("message_read", &format!(r#""conversationId":{},"seq":{seq}"#, customer.conversation)).await?;
        Ok(())
    }

    /// Sends a message in a customer's conversation; waits for the acknowledgement and for the other side.
    pub(crate) async fn say(&self, customer: &Customer, by_customer: bool) -> Result<Delivered> {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        let sender = if by_customer { &customer.client } else { &self.admin };
        let appears = self.screen.watch(number);
        let fields = message(
            self.system.kind,
            &customer.conversation,
            Uuid::new_v4(),
            number,
            customer.seq.load(Ordering::Acquire),
        );
        let began = Instant::now();
        let (answer, request) = sender.ask("send_message", &fields).await?;
        let seq = answer.message.context("an acknowledgement without its message")?.seq;
        customer.seq.fetch_max(seq, Ordering::AcqRel);
        let arrival = tokio::time::timeout(TIMEOUT, appears).await.context("it never appeared")??;
        let latency = arrival.at.duration_since(began);
        Ok(Delivered { latency, request, answer: answer.bytes, push: arrival.bytes, seq })
    }

    fn turn(&self) -> Result<(&Customer, bool)> {
        let turn = usize::try_from(self.turns.fetch_add(1, Ordering::Relaxed))?;
        let count = self.customers.len();
        Ok((&self.customers[turn % count], (turn / count).is_multiple_of(2)))
    }
}

/// The fields of a message to send. `seen` is up to where the sender holds the conversation; the peer does not ask.
pub(crate) fn message(kind: Kind, conversation: &str, id: Uuid, number: u64, seen: u64) -> String {
    let seen = match kind {
        Kind::Ours => format!(r#","seenSeq":{seen}"#),
        Kind::Peer => String::new(),
    };
    format!(r#""conversationId":{conversation},"clientMessageId":"{id}","body":"{}"{seen}"#, body(number))
}

/// Comes, orders, and looks at the conversation.
async fn add_customer(system: &System, screen: &Arc<Screen>, number: usize) -> Result<Customer> {
    let token = System::token(&format!("customer{number}"), "customer")?;
    let conversation = order(system, &token).await?;
    let client = Client::connect(system, &token, screen).await?;
    client.ask("join_conversation", &format!(r#""conversationId":{conversation}"#)).await?;
    Ok(Customer { client, conversation, seq: AtomicU64::new(1) })
}

/// Places an order; the id of its conversation, in JSON.
pub(crate) async fn order(system: &System, token: &str) -> Result<String> {
    let lamp = json!({"items": [{"title": "Lamp", "quantity": 2, "unitPrice": 1250}], "currency": "EUR"});
    let asked = system.http.post(format!("{}/api/sales", system.base)).bearer_auth(token).json(&lamp);
    let placed: Value = asked.send().await?.error_for_status()?.json().await?;
    Ok(placed["conversation"]["id"].to_string())
}
