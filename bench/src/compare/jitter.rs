//! Connections that come and go: what arrives all the same.
//!
//! Customers' connections vanish at random and come back a little later, by the same dice for both systems. The admin sends at a
//! steady pace; a customer who comes back asks for what was missed, as the system's own client does: ours by the history after the
//! last `seq` held, the peer's in its join.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tokio::time::{interval, sleep};
use uuid::Uuid;

use super::{fresh, name};
use crate::client::{Client, ReceivedMessage, Screen};
use crate::spread::float;
use crate::system::{BOTH, Kind, System};
use crate::workload::{message, order};

/// Customers, each with a conversation.
const CUSTOMERS: u64 = 50;
/// How long the admin goes on sending.
const DURATION: Duration = Duration::from_secs(8);
/// Between two messages.
const SEND_INTERVAL: Duration = Duration::from_millis(10);
/// A connection lives this long on the average, in milliseconds, at least half and at most one and a half times of it.
const MEAN_LIFETIME_MS: u64 = 1_000;
/// And is away this long.
const OFFLINE_MS: u64 = 300;

/// Of the acknowledged messages, which appeared. In per cent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Share {
    /// How many were acknowledged.
    pub(crate) acknowledged: u64,
    /// By a push alone.
    pub(crate) pushed: f64,
    /// By a push, or by asking after coming back.
    pub(crate) synced: f64,
    /// Connections that were lost.
    pub(crate) lost_connections: u64,
}

/// Both.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Jitter {
    pub(crate) ours: Share,
    pub(crate) peer: Share,
}

pub(super) async fn measure(folder: &Path) -> Result<Jitter> {
    let mut jitter = Jitter::default();
    for kind in BOTH {
        let system = System::start(kind, &fresh(&folder.join(name(kind)))?, false).await?;
        let share = run(Arc::new(system)).await?;
        match kind {
            Kind::Ours => jitter.ours = share,
            Kind::Peer => jitter.peer = share,
        }
    }
    Ok(jitter)
}

/// A customer whose connection comes and goes.
struct ReconnectingCustomer {
    token: String,
    conversation: String,
    screen: Arc<Screen>,
    /// Of the messages that a sync brought.
    synced: Mutex<HashSet<u64>>,
    lost: AtomicU64,
}

async fn run(system: Arc<System>) -> Result<Share> {
    let mut customers = Vec::new();
    for number in 0..CUSTOMERS {
        let token = System::token(&format!("customer{number}"), "customer")?;
        let conversation = order(&system, &token).await?;
        let (screen, synced) = (Arc::default(), Mutex::default());
        customers.push(Arc::new(ReconnectingCustomer { token, conversation, screen, synced, lost: AtomicU64::new(0) }));
    }
    let over = Arc::new(AtomicBool::new(false));
    let living: Vec<_> = customers
        .iter()
        .enumerate()
        .map(|(number, customer)| {
            let (system, customer, over) = (system.clone(), customer.clone(), over.clone());
            tokio::spawn(async move { run_customer(&system, &customer, &over, u64::try_from(number)?).await })
        })
        .collect();

    let (acknowledged, pushed) = send(&system, &customers).await?;
    over.store(true, Ordering::Release);
    for life in living {
        life.await??;
    }
    let mut shown = pushed.clone();
    for customer in &customers {
        shown.extend(customer.synced.lock().unwrap_or_else(PoisonError::into_inner).iter());
    }
    let share = |set: &HashSet<u64>| 100.0 * float(set.intersection(&acknowledged).count()) / float(acknowledged.len());
    Ok(Share {
        acknowledged: u64::try_from(acknowledged.len())?,
        pushed: share(&pushed),
        synced: share(&shown),
        lost_connections: customers.iter().map(|customer| customer.lost.load(Ordering::Relaxed)).sum(),
    })
}

/// The admin sends to one customer after the other; what was acknowledged, and what of it was pushed.
async fn send(system: &System, customers: &[Arc<ReconnectingCustomer>]) -> Result<(HashSet<u64>, HashSet<u64>)> {
    let admin = Client::connect(system, &System::token("admin", "admin")?, &Arc::default()).await?;
    let (began, mut pace) = (Instant::now(), interval(SEND_INTERVAL));
    let (mut acknowledged, mut watched, mut seqs) = (HashSet::new(), Vec::new(), vec![1; customers.len()]);
    let mut number = 0;
    while began.elapsed() < DURATION {
        pace.tick().await;
        number += 1;
        let index = usize::try_from(number)? % customers.len();
        let customer = &customers[index];
        watched.push((number, customer.screen.watch(number)));
        let fields = message(system.kind, &customer.conversation, Uuid::new_v4(), number, seqs[index]);
        let (answer, _) = admin.ask("send_message", &fields).await?;
        seqs[index] = answer.message.context("an acknowledgement without its message")?.seq;
        acknowledged.insert(number);
    }
    // What is on its way arrives.
    sleep(Duration::from_secs(1)).await;
    let pushed = watched.iter_mut().filter_map(|(number, seen)| seen.try_recv().is_ok().then_some(*number));
    Ok((acknowledged, pushed.collect()))
}

/// Comes and goes until it is over; comes one last time to see what is there.
async fn run_customer(system: &System, customer: &ReconnectingCustomer, over: &AtomicBool, seed: u64) -> Result<()> {
    let mut rng = fastrand::Rng::with_seed(seed);
    loop {
        let last = over.load(Ordering::Acquire);
        let client = Client::connect(system, &customer.token, &customer.screen).await?;
        sync(system, customer, &client).await?;
        if last {
            return Ok(());
        }
        sleep(Duration::from_millis(rng.u64(MEAN_LIFETIME_MS / 2..MEAN_LIFETIME_MS * 3 / 2))).await;
        drop(client);
        customer.lost.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(rng.u64(OFFLINE_MS / 2..OFFLINE_MS * 3 / 2))).await;
    }
}

/// Joins, and asks for everything: what was held already is dropped by its number.
async fn sync(system: &System, customer: &ReconnectingCustomer, client: &Client) -> Result<()> {
    #[derive(Deserialize)]
    struct History {
        messages: Vec<ReceivedMessage>,
    }
    let join = format!(r#""conversationId":{},"after":0"#, customer.conversation);
    let (answer, _) = client.ask("join_conversation", &join).await?;
    let missed = match system.kind {
        Kind::Peer => answer.missed,
        Kind::Ours => {
            let path = format!(
                "/api/chat/conversations/{}/messages?after=0&limit=100",
                customer.conversation.trim_matches('"')
            );
            let asked = system.http.get(format!("{}{path}", system.base)).bearer_auth(&customer.token);
            asked.send().await?.error_for_status()?.json::<History>().await?.messages
        }
    };
    let mut synced = customer.synced.lock().unwrap_or_else(PoisonError::into_inner);
    synced.extend(missed.iter().filter_map(ReceivedMessage::number));
    Ok(())
}
