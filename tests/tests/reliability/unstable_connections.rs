//! Connections that break again and again, a server that restarts, and one that is killed. No
//! acknowledged message is lost, none is stored twice, and all clients end with the same
//! conversation.
//!
//! A long run, with `cargo test --profile fast -p tests --test reliability`, takes these variables:
//! `JITTER_CLIENTS=1000 JITTER_SECONDS=60 JITTER_ON_MS=13000 JITTER_OFF_MS=2000`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local::{Data, Settings};
use tests::reconnecting_client::{ConnectionQuality, ReconnectingClient};
use tests::{Shop, User, number};

/// Pairs of a customer and a second client in the same conversation.
async fn pairs(shop: &Shop, clients: u64) -> Vec<ReconnectingClient> {
    let mut reconnecting_clients = Vec::new();
    for number in 0..clients / 2 {
        let customer = shop.customer(&format!("customer{number}"));
        let id = customer.order().await.conversation.id;
        reconnecting_clients.push(ReconnectingClient::new(customer, id.clone(), number * 2));
        // Every admin gets events of every conversation. So only four pairs have an admin; in the
        // others the second client is another device of the customer.
        let other: User = if number < 4 {
            shop.admin(&format!("admin{number}"))
        } else {
            shop.customer(&format!("customer{number}"))
        };
        reconnecting_clients.push(ReconnectingClient::new(other, id, number * 2 + 1));
    }
    reconnecting_clients
}

/// Compares each client's messages with the stored ones. Returns the numbers of acknowledged
/// messages and of messages that came first by push.
async fn compare(shop: &Shop, reconnecting_clients: &[ReconnectingClient]) -> (usize, usize) {
    let (mut messages, mut by_push) = (0, 0);
    let reader = shop.admin("reader");
    for reconnecting_client in reconnecting_clients {
        let stored = reader.messages(reconnecting_client.conversation()).await;
        assert!(stored.iter().map(|message| message.seq).eq(1..=stored.len() as u64), "a gap");
        assert!(
            reconnecting_client.held.values().eq(&stored),
            "{} holds something else",
            reconnecting_client.user_id()
        );
        let ids: BTreeSet<_> = stored.iter().filter_map(|message| message.client_message_id).collect();
        assert_eq!(ids.len() + 1, stored.len(), "something is there twice");
        for message in &reconnecting_client.acknowledged {
            assert_eq!(
                stored.get(usize::try_from(message.seq).expect("a small number") - 1),
                Some(message),
                "not where it was acknowledged"
            );
        }
        messages += reconnecting_client.acknowledged.len();
        by_push += reconnecting_client.pushed;
    }
    (messages, by_push)
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_on_unstable_connections_lose_nothing() {
    let shop = Shop::open().await;
    let mut reconnecting_clients = pairs(&shop, number("JITTER_CLIENTS", 40)).await;
    let quality = ConnectionQuality {
        on: Duration::from_millis(number("JITTER_ON_MS", 900)),
        off: Duration::from_millis(number("JITTER_OFF_MS", 150)),
        pause: Duration::from_millis(number("JITTER_PAUSE_MS", 2_000)),
    };
    let end = Instant::now() + Duration::from_secs(number("JITTER_SECONDS", 6));
    join_all(reconnecting_clients.iter_mut().map(|reconnecting_client| reconnecting_client.run(quality, end))).await;
    join_all(reconnecting_clients.iter_mut().map(ReconnectingClient::finish)).await;
    // A second time: a client may have finished before another client sent its last message.
    join_all(reconnecting_clients.iter_mut().map(ReconnectingClient::finish)).await;
    let (messages, by_push) = compare(&shop, &reconnecting_clients).await;
    let mut catch_ups: Vec<_> = reconnecting_clients
        .iter()
        .flat_map(|reconnecting_client| reconnecting_client.catch_ups.iter().copied())
        .collect();
    catch_ups.sort();
    assert!(messages > 0 && catch_ups.len() > reconnecting_clients.len() * 3, "nothing was tried");
    println!(
        "{} clients, {} connections, {messages} messages, all delivered; {by_push} by push first; caught up within {:?} (median), {:?} (99 %)",
        reconnecting_clients.len(),
        catch_ups.len(),
        catch_ups[catch_ups.len() / 2],
        catch_ups[catch_ups.len() * 99 / 100],
    );
}

/// A restart closes every connection. Afterwards all clients connect again and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_many_connections() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = || Settings { data: Data::Folder(folder.path().to_owned()), ..Shop::settings() };
    let shop = Shop::open_with(settings()).await;
    let port = shop.port();
    let count: u64 = number("RESTART_CONNECTIONS", 300);
    rlimit::increase_nofile_limit(count * 3 + 1_000).expect("more open files");
    let people: Vec<User> = (0..count / 20).map(|number| shop.customer(&format!("customer{number}"))).collect();
    let mut placed = Vec::new();
    for person in &people {
        placed.push(person.order().await.conversation.id);
    }
    let connect = async || {
        let mut clients = Vec::new();
        for _ in 0..20 {
            clients.extend(join_all(people.iter().zip(&placed).map(|(person, id)| person.connect_and_join(id))).await);
        }
        clients
    };
    let before = connect().await;
    let sent_count = join_all(people.iter().zip(&placed).map(|(person, id)| person.say(id, "before"))).await;
    shop.close().await;
    for client in &before {
        assert_eq!(client.closed().await, 1001);
    }
    let shop = Shop::open_with(Settings { port, ..settings() }).await;
    let began = Instant::now();
    let after = connect().await;
    println!("{} connections are back after {:?}", after.len(), began.elapsed());
    for ((person, id), sent_count) in people.iter().zip(&placed).zip(&sent_count) {
        assert_eq!(person.messages(id).await.last(), Some(sent_count));
        shop.admin("ben").say(id, "welcome back").await;
    }
    for client in &after {
        assert_eq!(client.drain().await.len(), 1, "each hears it once");
    }
}
