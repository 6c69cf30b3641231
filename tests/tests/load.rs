//! High load: many senders in one conversation, many connections, and clients that do not read.
//!
//! The default numbers are small. `docs/reliability.md` says how to increase them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::{ConversationId, Role};
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use protocol::{Code, Event, OrderAnswer};
use serde_json::json;
use tests::running::Running;
use tests::{Client, Shop, User, client_message_id, number};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

/// How many messages one sender may send at once.
const BURST: usize = 20;

/// The results of one sender.
struct SendResults {
    /// The acknowledged bodies by `seq`.
    acknowledged: BTreeMap<u64, String>,
    /// How often the sender was rate limited.
    limited: usize,
    /// How often there was no answer within ten seconds, and the message was repeated.
    repeated: usize,
}

/// Sends messages and repeats each until it is acknowledged, as a client does. `seenSeq` is what
/// the client has received.
async fn send_until_answered(client: &Client, id: &ConversationId, who: usize, messages: usize) -> SendResults {
    let mut results = SendResults { acknowledged: BTreeMap::new(), limited: 0, repeated: 0 };
    for n in 0..messages {
        let (message_id, body) = (client_message_id(), format!("{who} {n}"));
        let seen = results.acknowledged.keys().last().copied().unwrap_or(1);
        let sent = loop {
            match client.try_send(id, message_id, &body, seen).await {
                Some(Ok(sent)) => break sent,
                None => results.repeated += 1,
                Some(Err(refused)) => {
                    assert_eq!(refused.code, Code::RateLimited, "{body}: {refused:?}");
                    results.limited += 1;
                    let wait = refused.retry_after_ms.expect("how long");
                    sleep(Duration::from_millis(wait.try_into().expect("a wait"))).await;
                }
            }
        };
        assert!(results.acknowledged.insert(sent.message.seq, body).is_none(), "acknowledged at one place twice");
    }
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_in_one_conversation() {
    let (senders, messages) = (number("LOAD_SENDERS", 12), number("LOAD_MESSAGES", 22));
    let shop = Shop::open().await;
    let id = shop.customer("anna").order().await.conversation.id;
    let admins: Vec<User> = (0..senders).map(|who| shop.admin(&format!("admin{who}"))).collect();
    let clients = join_all(admins.iter().map(|admin| admin.connect_and_join(&id))).await;
    let began = Instant::now();
    let sending = clients.iter().enumerate().map(|(who, client)| send_until_answered(client, &id, who, messages));
    let results = join_all(sending).await;
    let took = began.elapsed();

    let stored = shop.customer("anna").messages(&id).await;
    assert!(stored.iter().map(|message| message.seq).eq(1..=stored.len() as u64), "a gap");
    let stored: BTreeMap<u64, String> = stored.into_iter().skip(1).map(|message| (message.seq, message.body)).collect();
    assert_eq!(stored.values().collect::<BTreeSet<_>>().len(), stored.len(), "something is there twice");
    let acknowledged: BTreeMap<u64, String> = results.iter().flat_map(|results| results.acknowledged.clone()).collect();
    assert_eq!(acknowledged.len(), senders * messages);
    assert!(acknowledged == stored, "what was acknowledged is not what is stored");
    // The messages of each sender are in the order in which they were sent.
    for (who, results) in results.iter().enumerate() {
        assert!(
            results.acknowledged.values().eq((0..messages).map(|n| format!("{who} {n}")).collect::<Vec<_>>().iter())
        );
    }
    let sum = |of: fn(&SendResults) -> usize| results.iter().map(of).sum::<usize>();
    let (limited, repeated) = (sum(|results| results.limited), sum(|results| results.repeated));
    println!("{senders} senders, {} messages in {took:?}, all stored once", stored.len());
    println!("{limited} times one was told to wait, {repeated} times one sent the same again");
}

/// Customers with one connection each.
async fn customers(running: &Running, name: &str, count: usize) -> Vec<(User, Client)> {
    let mut clients = Vec::new();
    while clients.len() < count {
        let batch = (clients.len()..count).take(16).map(|number| async move {
            let user = running.user(&format!("{name}{number}"), Role::Customer).await;
            let client = user.connect().await;
            (user, client)
        });
        clients.extend(join_all(batch).await);
    }
    clients
}

/// The limit for an idle connection, in bytes. One more buffer for each connection would exceed it.
const MAX_IDLE_BYTES: u64 = 64 * 1024;

/// How often the memory is measured while connections are opened. The median step counts, so a
/// thread or an arena that the allocator adds once does not matter.
const STEPS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_need_little_memory_and_get_their_events() {
    let count = number("LOAD_CONNECTIONS", 300);
    rlimit::increase_nofile_limit(u64::MAX).expect("more open files");
    let running = Running::start(&Shop::root(), &["--port", "0", "--no-pages", "--memory"]);
    // Opened before the measurement, so that code, pools and caches are already in memory.
    let _warm = customers(&running, "warm", 50).await;
    let (mut clients, mut before, mut steps) = (Vec::new(), running.resident(), Vec::new());
    for step in 0..STEPS {
        let more = customers(&running, &format!("idle{step}-"), count / STEPS).await;
        let after = running.resident();
        steps.extend(before.zip(after).map(|(before, after)| after.saturating_sub(before) / more.len() as u64));
        before = after;
        clients.extend(more);
    }
    steps.sort_unstable();
    if let Some(each) = steps.get(STEPS / 2) {
        println!("{} idle connections, {each} bytes each, {steps:?} in steps", clients.len());
        assert!(*each < MAX_IDLE_BYTES, "{steps:?} bytes for each connection");
    }

    let (anna, phone) = clients.last().expect("somebody");
    let placed = anna.order().await;
    let said = running.user("ben", Role::Admin).await.say(&placed.conversation.id, "are you there?").await;
    let heard = phone.drain().await;
    assert!(
        matches!(&heard[..], [Event::OrderCreated { .. }, Event::OrderMessageUpdate { message, .. }] if *message == said)
    );
    for batch in clients[..clients.len() - 1].chunks(64) {
        for events in join_all(batch.iter().map(|(_, client)| client.drain())).await {
            assert!(events.is_empty(), "{events:?}");
        }
    }
}

type Socket = WebSocketStream<TcpStream>;

/// A client that has joined and then does not read. Its receive buffer is small.
async fn slow_reader(user: &User, id: &ConversationId) -> Socket {
    let url = user.ticket().await.url;
    let address = url.split('/').nth(2).expect("an address").parse().expect("an address");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    let stream = socket.connect(address).await.expect("a connection");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("a handshake");
    let join = json!({ "action": "join_conversation", "requestId": "1", "conversationId": id });
    socket.send(Frame::text(join.to_string())).await.expect("it is open");
    let joined = socket.next().await.expect("it is open").expect("it works");
    assert!(joined.to_text().expect("text").contains("\"ack\""), "{joined}");
    socket
}

/// The limit for a connection that does not read, in bytes: API Gateway's buffer, and the same
/// amount in socket buffers.
const MAX_UNREAD_BYTES: usize = 256 * 1024;

/// The limit for the table's memory, in bytes for each byte of a message, with keys and indexes.
const STORED: usize = 4;

/// The memory that the allocator may keep, in bytes, independent of the number of connections.
const KEPT: usize = 64 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_delays_nobody() {
    // More than the kernel buffers for one connection, which is four megabytes.
    let (count, messages) = (number("LOAD_DEAF", 5), number("LOAD_LONG", 320));
    let running = Running::start(&Shop::root(), &["--port", "0", "--no-pages", "--memory"]);
    let anna = running.user("anna", Role::Customer).await;
    let id = anna.post("/api/sales", &tests::lamp()).await.expect::<OrderAnswer>(201).conversation.id;
    let phone = anna.connect_and_join(&id).await;
    let mut deaf_ones = join_all((0..count).map(|_| slow_reader(&anna, &id))).await;
    phone.drain().await;
    let before = running.resident();

    let long = "😀".repeat(4_000);
    for begun in (0..messages).step_by(BURST) {
        let admin = running.user(&format!("admin{begun}"), Role::Admin).await;
        for _ in begun..(begun + BURST).min(messages) {
            admin.say(&id, &long).await;
        }
        let heard = phone.drain().await;
        assert_eq!(heard.len(), BURST.min(messages - begun), "who reads was held up");
        assert!(heard.iter().all(|event| matches!(event, Event::NewMessage { .. })), "{heard:?}");
    }
    if let (Some(before), Some(after)) = (before, running.resident()) {
        let (grown, sent) = (after.saturating_sub(before), count * messages * long.len());
        println!("{count} that do not read, {sent} bytes for them, {grown} bytes more in use");
        let room = KEPT + count * MAX_UNREAD_BYTES + STORED * messages * long.len();
        assert!(grown < room as u64, "{grown} bytes more in use, of {sent} that nobody read");
    }

    // The frames that did not fit into the buffer are dropped. A sync gets the messages.
    let path = "/api/chat/users/anna/connections";
    let ben = running.user("ben", Role::Admin).await;
    ben.call(reqwest::Method::DELETE, path, &[], None).await.ok::<serde_json::Value>();
    for deaf in &mut deaf_ones {
        let mut heard = 0;
        while let Some(Ok(frame)) = deaf.next().await {
            heard += usize::from(frame.is_text());
        }
        assert!((1..messages).contains(&heard), "{heard} of {messages} frames");
    }
    assert_eq!(anna.messages(&id).await.len(), messages + 1);
}

/// The size of a refused token, in bytes: almost the limit for a request's headers.
const TOKEN: usize = 7 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn refused_tokens_do_not_pile_up() {
    let count = number("LOAD_TOKENS", 5_000);
    let running = Running::start(&Shop::root(), &["--port", "0", "--no-pages", "--memory"]);
    let http = reqwest::Client::new();
    let refuse = async |from: usize, to: usize| {
        for batch in (from..to).collect::<Vec<_>>().chunks(32) {
            join_all(batch.iter().map(async |n| {
                let token = format!("{n}.{}", "x".repeat(TOKEN));
                let asked = http.get(format!("{}/api/sales/my-orders", running.url)).bearer_auth(token).send().await;
                assert_eq!(asked.expect("an answer").status(), 403);
            }))
            .await;
        }
    };
    // Sent before the measurement, so that code and pools are already in memory.
    refuse(0, 1_000).await;
    let before = running.resident();
    refuse(1_000, 1_000 + count).await;
    if let (Some(before), Some(after)) = (before, running.resident()) {
        let (grown, sent) = (after.saturating_sub(before), count * TOKEN);
        println!("{count} refused tokens of {sent} bytes, {grown} bytes more in use");
        assert!(grown < sent as u64 / 3, "{grown} bytes more in use after {count} refused tokens of {sent} bytes");
    }
}
