//! Changes that come twice or at the same time: each is made once, and all have one order.

use domain::{Change, Emoji};
use futures_util::future::join_all;
use protocol::ChangeAnswer;
use serde_json::json;
use tests::{Shop, User, client_message_id};

use super::changes::{edit, react, told};

/// Like a send: with the same `changeId` a request is made once, however often and late it comes.
#[tokio::test]
async fn a_repeated_change_is_made_once() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let said = anna.say(&id, "Is it blue?").await;
    let (phone, laptop, desk) =
        (anna.connect_and_join(&id).await, anna.connect().await, ben.connect_and_join(&id).await);
    let mut seq = said.seq;
    for (n, mut change) in
        [edit("Is it red?"), react(Emoji::Joy, true), react(Emoji::Joy, false), json!({"delete": {}})]
            .into_iter()
            .enumerate()
    {
        let change_id = client_message_id();
        if n % 2 == 0 {
            change["seenSeq"] = seq.into();
        }
        let first: ChangeAnswer = anna.post_change(&id, said.seq, change_id, &change).await.expect(201);
        seq += 1;
        desk.drain().await;
        // While it is the last entry, a repeat is pushed again: the first request may have failed
        // before its pushes.
        let again: ChangeAnswer = anna.post_change(&id, said.seq, change_id, &change).await.ok();
        assert_eq!(again, first);
        assert_eq!(told(&desk).await, [(first.change.clone(), first.message.clone())]);
        let again = phone.change(&id, said.seq, change_id, &change).await.unwrap();
        assert_eq!((again.duplicate, &again.change, &again.message), (true, &first.change, &first.message));
        desk.drain().await;

        // Later a repeat is only answered, with the message as it is then.
        let now = if n < 3 {
            ben.react(&id, said.seq, Emoji::Heart, n % 2 == 0).await.message
        } else {
            ben.say(&id, "What was it?").await;
            first.message.clone()
        };
        seq += 1;
        desk.drain().await;
        let again: ChangeAnswer = anna.post_change(&id, said.seq, change_id, &change).await.ok();
        assert_eq!((&again.change, &again.message), (&first.change, &now));
        let again = laptop.change(&id, said.seq, change_id, &change).await.unwrap();
        assert_eq!((again.duplicate, again.change, again.message), (true, first.change, now));
        assert!(told(&desk).await.is_empty());
        assert_eq!(anna.conversation(&id).await.last_seq, seq);
    }
    // The same id from somebody else is another change.
    let change_id = client_message_id();
    let said = ben.say(&id, "No").await.seq;
    for user in [&anna, &ben, &shop.admin("anna")] {
        let made = user.post_change(&id, said, change_id, &react(Emoji::Sad, true)).await;
        made.expect::<ChangeAnswer>(201);
    }
    assert_eq!(anna.messages(&id).await.pop().unwrap().reactions[0].by.len(), 3);
}

#[tokio::test]
async fn concurrent_copies_of_a_change_are_made_once() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let said = anna.say(&id, "hi").await.seq;
    for seen in [Some(said), None] {
        let change_id = client_message_id();
        let mut change = edit("hello");
        if let Some(seen) = seen {
            change["seenSeq"] = seen.into();
        }
        let copies = (0..6).map(|_| anna.post_change(&id, said, change_id, &change));
        let (copies, _) = tokio::join!(join_all(copies), ben.react(&id, said, Emoji::Joy, true));
        let mut made: Vec<Change> = (copies.iter())
            .map(|answer| {
                assert!([200, 201].contains(&answer.status), "{answer:?}");
                serde_json::from_str::<ChangeAnswer>(&answer.text).unwrap().change
            })
            .collect();
        assert_eq!(copies.iter().filter(|answer| answer.status == 201).count(), 1);
        made.dedup();
        assert_eq!(made.len(), 1);
        let log = anna.log_after(&id, 0).await;
        assert_eq!(log.changes.iter().filter(|it| it.change_id == change_id).count(), 1);
        assert_eq!((log.messages.len() + log.changes.len()) as u64, log.last_seq);
    }
}

/// The same for any order of changes by several people at once: each has one number, and all see
/// the message as the last changes left it.
#[tokio::test]
async fn concurrent_changes_have_one_order() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let said = anna.say(&id, "0").await.seq;
    let edits = async {
        for n in 1..10 {
            anna.edit(&id, said, &n.to_string()).await;
        }
    };
    let reacts = async |user: &User| {
        for (n, emoji) in Emoji::ALL.into_iter().enumerate() {
            user.react(&id, said, emoji, true).await;
            if n % 2 == 0 {
                user.react(&id, said, emoji, false).await;
            }
        }
    };
    tokio::join!(edits, reacts(&ben), reacts(&cleo));
    let log = ben.log_after(&id, 0).await;
    let mut seqs: Vec<u64> = log.messages.iter().map(|it| it.seq).chain(log.changes.iter().map(|it| it.seq)).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=log.last_seq).collect::<Vec<_>>());
    assert_eq!(log.changes.len(), 9 + 2 * 12);
    let message = &log.messages[1];
    assert_eq!((message.body.as_str(), message.changed_seq), ("9", log.changes.iter().map(|it| it.seq).max()));
    let left: Vec<_> = message.reactions.iter().map(|it| (it.emoji, it.by.len())).collect();
    assert_eq!(left, [1, 3, 5, 7].map(|n| (Emoji::ALL[n], 2)));
}
