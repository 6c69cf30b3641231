//! A client that follows the protocol while its connection breaks again and again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::{ConversationId, Message};
use fastrand::Rng;
use protocol::{Event, MessageAnswer};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{Client, User, client_message_id};

/// How long connections last, how long the client is offline between them, and how often it sends.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionQuality {
    /// How long a connection lasts.
    pub on: Duration,
    /// How long the client is offline after it.
    pub off: Duration,
    /// The longest pause between two messages of one sender.
    pub pause: Duration,
}

/// A client, the messages it holds, and its outbox.
pub struct ReconnectingClient {
    user: User,
    conversation: ConversationId,
    rng: Rng,
    /// The messages it holds, by `seq`.
    pub held: BTreeMap<u64, Message>,
    /// The messages that were acknowledged.
    pub acknowledged: Vec<Message>,
    /// How long each reconnect took, from the request for a ticket to the end of the sync.
    pub catch_ups: Vec<Duration>,
    /// How many messages arrived by a push before a sync returned them.
    pub pushed: usize,
    outbox: Option<(Uuid, String, u64)>,
    sent_count: usize,
}

impl ReconnectingClient {
    /// A client of `user` in this conversation; `seed` decides when it sends.
    pub fn new(user: User, conversation: ConversationId, seed: u64) -> Self {
        Self {
            user,
            conversation,
            rng: Rng::with_seed(seed),
            held: BTreeMap::new(),
            acknowledged: Vec::new(),
            catch_ups: Vec::new(),
            pushed: 0,
            outbox: None,
            sent_count: 0,
        }
    }

    /// The conversation.
    pub fn conversation(&self) -> &ConversationId {
        &self.conversation
    }

    /// The user's id.
    pub fn user_id(&self) -> &str {
        &self.user.id
    }

    /// Connects, sends messages and loses the connection, again and again, until `end`.
    pub async fn run(&mut self, quality: ConnectionQuality, end: Instant) {
        // Connections of several clients should not break at the same moment.
        sleep(quality.on.mul_f64(self.rng.f64())).await;
        while Instant::now() < end {
            let client = self.reconnect().await;
            // The client stops in the middle of any operation: a frame may be sent without its
            // acknowledgement being received.
            let _cut = tokio::time::timeout(quality.on, self.send_messages(&client, quality.pause)).await;
            self.take_pushes(&client);
            drop(client);
            sleep(quality.off).await;
        }
    }

    /// Connects once more, sends the outbox and fetches missing messages.
    pub async fn finish(&mut self) {
        let client = self.reconnect().await;
        if self.outbox.is_some() {
            self.send(&client).await;
        }
        self.sync().await;
    }

    async fn reconnect(&mut self) -> Client {
        let began = Instant::now();
        let client = self.user.connect().await;
        client.join(&self.conversation).await;
        self.sync().await;
        self.catch_ups.push(began.elapsed());
        client
    }

    async fn sync(&mut self) {
        let messages = self.user.messages_after(&self.conversation, self.last_gapless_seq()).await;
        self.held.extend(messages.into_iter().map(|message| (message.seq, message)));
    }

    async fn send_messages(&mut self, client: &Client, pause: Duration) {
        loop {
            if self.outbox.is_none() {
                sleep(pause.mul_f64(self.rng.f64())).await;
                self.take_pushes(client);
                self.sent_count += 1;
                let body = format!("{} {}", self.user.id, self.sent_count);
                self.outbox = Some((client_message_id(), body, self.last_gapless_seq()));
            }
            self.send(client).await;
        }
    }

    /// Sends the message in the outbox, by a frame or over REST. It stays there until it is
    /// acknowledged.
    async fn send(&mut self, client: &Client) {
        let Some((id, body, seen)) = self.outbox.clone() else { return };
        let message = if self.rng.bool() {
            client.send(&self.conversation, id, &body, Some(seen)).await.expect("within the rate").message
        } else {
            let named = client.connection_id();
            let answer = self.user.post_message_from(&self.conversation, id, &body, Some(seen), named).await;
            let status = if answer.status == 200 { 200 } else { 201 };
            answer.expect::<MessageAnswer>(status).message
        };
        self.outbox = None;
        self.acknowledged.push(message.clone());
        self.held.insert(message.seq, message);
    }

    fn take_pushes(&mut self, client: &Client) {
        for event in client.take() {
            if let Event::NewMessage { message, .. } = event {
                self.pushed += usize::from(self.held.insert(message.seq, message).is_none());
            }
        }
    }

    /// The `seq` up to which it holds all messages.
    fn last_gapless_seq(&self) -> u64 {
        self.held.keys().zip(1..).take_while(|(seq, expected)| *seq == expected).count() as u64
    }
}
