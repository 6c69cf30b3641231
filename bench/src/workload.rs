//! The users of a running system: one admin, and customers with one conversation each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Client, Screen, TIMEOUT, body};
use crate::system::{Kind, System};

/// How many customers are added concurrently.
const MAX_CONCURRENT: usize = 16;

/// The users, and the system they use.
pub(crate) struct Workload {
    pub(crate) system: System,
    pub(crate) screen: Arc<Screen>,
    pub(crate) admin: Client,
    pub(crate) customers: Vec<Customer>,
    turns: AtomicU64,
    messages: AtomicU64,
}

/// A customer who has joined a conversation.
pub(crate) struct Customer {
    pub(crate) client: Client,
    /// The conversation's id as a JSON string.
    pub(crate) conversation: String,
    /// The id of the client's connection. The peer has none.
    connection_id: Option<String>,
    /// Both sides hold all messages up to this `seq`.
    seq: AtomicU64,
}

/// How a message is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way<'c> {
    /// By a frame, which is acknowledged.
    Frame,
    /// Over REST, with the name of the sender's connection.
    Rest(&'c str),
}

/// A message or a receipt that was sent and received by the other side.
pub(crate) struct Delivered {
    /// From before the request to the arrival of the push at the other side.
    pub(crate) latency: Duration,
    /// The size of the request on the wire, in bytes.
    pub(crate) request: usize,
    /// The size of the answer on the wire, in bytes.
    pub(crate) answer: usize,
    /// The size of the push on the wire, in bytes.
    pub(crate) push: usize,
    /// The number of the message, or up to which the receipt is.
    pub(crate) seq: u64,
}

impl Customer {
    /// Sets the `seq` up to which both sides hold the conversation.
    pub(crate) fn holds(&mut self, seq: usize) -> Result<()> {
        self.seq = AtomicU64::new(u64::try_from(seq)?);
        Ok(())
    }
}

impl Workload {
    /// Connects an admin and this many customers.
    pub(crate) async fn open(system: System, customers: usize) -> Result<Self> {
        let screen = Arc::new(Screen::default());
        let admin = Client::connect(&system, &System::token("admin", "admin")?, &screen).await?;
        let arriving =
            stream::iter(0..customers).map(|number| add_customer(&system, &screen, number)).buffered(MAX_CONCURRENT);
        let customers = arriving.try_collect().await?;
        Ok(Self { system, screen, admin, customers, turns: AtomicU64::new(0), messages: AtomicU64::new(1) })
    }

    /// Sends the next message. Conversations take turns; the customers send in one round and the
    /// admin in the next.
    pub(crate) async fn send(&self) -> Result<Delivered> {
        let (customer, by_customer) = self.turn()?;
        self.say(customer, by_customer).await
    }

    /// Sends the next message over REST, by a customer.
    pub(crate) async fn send_over_rest(&self) -> Result<(&Customer, Delivered)> {
        let (customer, _) = self.turn()?;
        let connection_id = customer.connection_id.as_deref().context("a customer without a connection")?;
        Ok((customer, self.say_by(Way::Rest(connection_id), customer, true).await?))
    }

    /// Like [`Workload::send`]; then the other side marks the message as read.
    pub(crate) async fn send_and_read(&self) -> Result<Delivered> {
        let (customer, by_customer) = self.turn()?;
        let delivered = self.say(customer, by_customer).await?;
        self.read(customer, !by_customer, delivered.seq).await?;
        Ok(delivered)
    }

    /// Marks a customer's conversation as read up to `seq` by one side.
    /// Returns the size of the answer on the wire, in bytes.
    pub(crate) async fn read(&self, customer: &Customer, by_customer: bool, seq: u64) -> Result<usize> {
        let reader = if by_customer { &customer.client } else { &self.admin };
        let fields = format!(r#""conversationId":{},"seq":{seq}"#, customer.conversation);
        Ok(reader.ask("message_read", &fields).await?.0.bytes)
    }

    /// Marks a customer's conversation as read by the admin without asking for an answer, and waits
    /// for the push to the customer.
    pub(crate) async fn read_unacknowledged(&self, customer: &Customer, seq: u64) -> Result<Delivered> {
        let appears = self.screen.watch_receipt();
        let fields = format!(r#""conversationId":{},"seq":{seq}"#, customer.conversation);
        let began = Instant::now();
        let request = self.admin.tell("message_read", &fields).await?;
        let arrival = tokio::time::timeout(TIMEOUT, appears)
            .await
            .context("the customer did not receive the receipt in time")??;
        Ok(Delivered { latency: arrival.at.duration_since(began), request, answer: 0, push: arrival.bytes, seq })
    }

    /// Like [`Workload::read_unacknowledged`], but asks for an answer and waits for it.
    pub(crate) async fn read_acknowledged(&self, customer: &Customer, seq: u64) -> Result<Delivered> {
        let appears = self.screen.watch_receipt();
        let began = Instant::now();
        let answer = self.read(customer, false, seq).await?;
        let arrival = appears.await?;
        Ok(Delivered { latency: arrival.at.duration_since(began), request: 0, answer, push: arrival.bytes, seq })
    }

    /// Lets the admin join a customer's conversation. Returns the id of the admin's connection.
    pub(crate) async fn join(&self, customer: &Customer) -> Result<String> {
        let fields = format!(r#""conversationId":{}"#, customer.conversation);
        let (answer, _) = self.admin.ask("join_conversation", &fields).await?;
        answer.connection_id.context("a join without the id of its connection")
    }

    /// Sends a message in a customer's conversation by a frame, and waits for the acknowledgement and
    /// for the push to the other side.
    pub(crate) async fn say(&self, customer: &Customer, by_customer: bool) -> Result<Delivered> {
        self.say_by(Way::Frame, customer, by_customer).await
    }

    /// Sends a message in a customer's conversation, and waits for the answer and for the push to the
    /// other side.
    pub(crate) async fn say_by(&self, way: Way<'_>, customer: &Customer, by_customer: bool) -> Result<Delivered> {
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
        let (answer, request) = match way {
            Way::Frame => sender.ask("send_message", &fields).await?,
            Way::Rest(connection_id) => {
                let path = format!("/api/chat/conversations/{}/messages", customer.conversation.trim_matches('"'));
                let fields = format!(r#"{fields},"connectionId":"{connection_id}""#);
                (sender.post(&path, &fields).await?, fields.len())
            }
        };
        let seq = answer.message.context("an acknowledgement without its message")?.seq;
        customer.seq.fetch_max(seq, Ordering::AcqRel);
        let arrival = tokio::time::timeout(TIMEOUT, appears)
            .await
            .context("the other side did not receive the message in time")??;
        let latency = arrival.at.duration_since(began);
        Ok(Delivered { latency, request, answer: answer.bytes, push: arrival.bytes, seq })
    }

    fn turn(&self) -> Result<(&Customer, bool)> {
        let turn = usize::try_from(self.turns.fetch_add(1, Ordering::Relaxed))?;
        let count = self.customers.len();
        Ok((&self.customers[turn % count], (turn / count).is_multiple_of(2)))
    }
}

/// The fields of a message to send. `seen` is the `seq` up to which the sender holds the
/// conversation; the peer has no such field.
pub(crate) fn message(kind: Kind, conversation: &str, id: Uuid, number: u64, seen: u64) -> String {
    let seen = match kind {
        Kind::Ours => format!(r#","seenSeq":{seen}"#),
        Kind::Peer => String::new(),
    };
    format!(r#""conversationId":{conversation},"clientMessageId":"{id}","body":"{}"{seen}"#, body(number))
}

/// Connects a customer, places an order and joins its conversation.
async fn add_customer(system: &System, screen: &Arc<Screen>, number: usize) -> Result<Customer> {
    let token = System::token(&format!("customer{number}"), "customer")?;
    let conversation = order(system, &token).await?;
    let client = Client::connect(system, &token, screen).await?;
    let (joined, _) = client.ask("join_conversation", &format!(r#""conversationId":{conversation}"#)).await?;
    Ok(Customer { client, conversation, connection_id: joined.connection_id, seq: AtomicU64::new(1) })
}

/// Places an order. Returns the id of its conversation as a JSON string.
pub(crate) async fn order(system: &System, token: &str) -> Result<String> {
    let lamp = json!({"items": [{"title": "Lamp", "quantity": 2, "unitPrice": 1250}], "currency": "EUR"});
    let asked = system.http.post(format!("{}/api/sales", system.base)).bearer_auth(token).json(&lamp);
    let placed: Value = asked.send().await?.error_for_status()?.json().await?;
    Ok(placed["conversation"]["id"].to_string())
}
