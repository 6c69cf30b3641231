//! A client that follows the protocol while its connection breaks again and again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::{ConversationId, Message};
use fastrand::Rng;
use protocol::Event;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{Client, User, client_message_id};

/// How long connections last, and how long the client is offline between them.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionQuality {
    /// How long a connection lasts.
    pub on: Duration,
    /// How long there is none after it.
    pub off: Duration,
    /// The pause between two messages of one sender, at most.
    pub pause: Duration,
}

/// What a client holds and knows, and what it still has to send.
pub struct ReconnectingClient {
    user: User,
    conversation: ConversationId,
    rng: Rng,
    /// What it holds, by `seq`.
    pub held: BTreeMap<u64, Message>,
    /// What it was told is stored.
    pub acknowledged: Vec<Message>,
    /// How long each reconnect took, from asking for a ticket to having caught up.
    pub catch_ups: Vec<Duration>,
    /// How many messages came by a push before any sync brought them.
    pub pushed: usize,
    outbox: Option<(Uuid, String, u64)>,
    sent_count: usize,
}

impl ReconnectingClient {
    /// `user` in this conversation; `seed` decides when they speak.
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

    /// Where it talks.
    pub fn conversation(&self) -> &ConversationId {
        &self.conversation
    }

    /// Whose it is.
    pub fn user_id(&self) -> &str {
        &self.user.id
    }

    /// Connects, talks and is cut off, until `end`.
    pub async fn run(&mut self, quality: ConnectionQuality, end: Instant) {
        // Not everybody's line breaks at the same moment.
        sleep(quality.on.mul_f64(self.rng.f64())).await;
        while Instant::now() < end {
            let client = self.reconnect().await;
            // Dropped in the middle of whatever it does: a frame may be sent and its answer never heard.
            let _cut = tokio::time::timeout(quality.on, self.talk(&client, quality.pause)).await;
            self.listen(&client);
            drop(client);
            sleep(quality.off).await;
        }
    }

    /// Comes back for good: what is in the outbox is sent, what is missing is fetched.
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
        let messages = self.user.messages_after(&self.conversation, self.gapless()).await;
        self.held.extend(messages.into_iter().map(|message| (message.seq, message)));
    }

    async fn talk(&mut self, client: &Client, pause: Duration) {
        loop {
            if self.outbox.is_none() {
                sleep(pause.mul_f64(self.rng.f64())).await;
                self.listen(client);
                self.sent_count += 1;
                let body = format!("{} {}", self.user.id, self.sent_count);
                self.outbox = Some((client_message_id(), body, self.gapless()));
            }
            self.send(client).await;
        }
    }

    /// Sends what is in the outbox; it stays there until it is acknowledged.
    async fn send(&mut self, client: &Client) {
        let Some((id, body, seen)) = self.outbox.clone() else { return };
        let sent = client.send(&self.conversation, id, &body, Some(seen)).await.expect("within the rate");
        self.outbox = None;
        self.acknowledged.push(sent.message.clone());
        self.held.insert(sent.message.seq, sent.message);
    }

    fn listen(&mut self, client: &Client) {
        for event in client.take() {
            if let Event::NewMessage { message, .. } = event {
                self.pushed += usize::from(self.held.insert(message.seq, message).is_none());
            }
        }
    }

    fn gapless(&self) -> u64 {
        self.held.keys().zip(1..).take_while(|(seq, expected)| *seq == expected).count() as u64
    }
}
