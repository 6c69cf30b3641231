//! Edits, deletions and reactions over REST and WebSocket: what each does to the message, and who
//! gets which event.

use domain::{Change, ChangeKind, Deletion, Emoji, Message, Person, Reaction};
use protocol::{ChangeAnswer, Code, Event};
use serde_json::{Value, json};
use tests::{Client, Shop, User, client_message_id};

fn person(user: &User) -> Person {
    Person { user_id: user.id.clone(), role: user.role, name: user.name.clone() }
}

pub(crate) fn edit(body: &str) -> Value {
    json!({"edit": {"body": body}})
}

pub(crate) fn react(emoji: Emoji, on: bool) -> Value {
    json!({"react": {"emoji": emoji, "on": on}})
}

/// The changes that a connection was told of, and nothing else: the change, and the message as it is
/// now.
pub(crate) async fn told(client: &Client) -> Vec<(Change, Message)> {
    let changed = |event: Event| match event {
        Event::MessageChanged { conversation_id, change, message, last_seq } => {
            assert_eq!((&conversation_id, &conversation_id), (&change.conversation_id, &message.conversation_id));
            assert_eq!(last_seq, change.seq);
            (change, message)
        }
        other => panic!("unexpected {other:?}"),
    };
    client.drain().await.into_iter().map(changed).collect()
}

#[tokio::test]
async fn both_sides_change_messages_over_rest_and_websocket() {
    let shop = Shop::open().await;
    let (anna, bob, ben, cleo) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    bob.order().await;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect().await);
    let (desk, counter, home) = (ben.connect_and_join(&id).await, ben.connect().await, cleo.connect().await);
    let strange = bob.connect().await;
    let everybody = [&phone, &laptop, &desk, &counter, &home];

    for (user, joined, other) in [(&anna, &phone, &laptop), (&ben, &desk, &counter)] {
        for way in [None, Some(joined), Some(other)] {
            let said = user.say(&id, "Frist").await;
            for client in everybody {
                client.drain().await;
            }
            let target = said.seq;
            let (by, mut expected) = (person(user), said.clone());
            let changes = [
                (edit("First"), ChangeKind::Edited { target }),
                (react(Emoji::Heart, true), ChangeKind::Reacted { target, emoji: Emoji::Heart, on: true }),
                (edit("First!"), ChangeKind::Edited { target }),
                (react(Emoji::Heart, false), ChangeKind::Reacted { target, emoji: Emoji::Heart, on: false }),
                (json!({"delete": {}}), ChangeKind::Deleted { target }),
            ];
            for (request, seq) in changes.into_iter().zip(target + 1..) {
                let (request, kind) = request;
                let change_id = client_message_id();
                let (change, message) = if let Some(client) = way {
                    let made = client.change(&id, target, change_id, &request).await.unwrap();
                    assert!(!made.duplicate);
                    (made.change, made.message)
                } else {
                    let made: ChangeAnswer = user.post_change(&id, target, change_id, &request).await.expect(201);
                    (made.change, made.message)
                };
                assert_eq!((change.seq, change.change_id, &change.kind), (seq, change_id, &kind));
                assert_eq!((&change.by, &change.conversation_id), (&by, &id));
                assert!(change.created_at >= said.created_at);

                expected.changed_seq = Some(seq);
                match &kind {
                    ChangeKind::Edited { .. } => {
                        request["edit"]["body"].as_str().unwrap().clone_into(&mut expected.body);
                        expected.edited_at = Some(change.created_at);
                    }
                    ChangeKind::Reacted { emoji, on, .. } => {
                        let reaction = Reaction { emoji: *emoji, by: vec![by.clone()] };
                        expected.reactions = if *on { vec![reaction] } else { Vec::new() };
                    }
                    ChangeKind::Deleted { .. } => {
                        expected.body = String::new();
                        expected.deleted = Some(Deletion { by: by.clone(), at: change.created_at });
                    }
                    ChangeKind::Status { .. } => unreachable!("no change of a message"),
                }
                assert_eq!(message, expected);
                for client in everybody {
                    // The connection that gets the acknowledgement gets no event.
                    let is_requester = way.is_some_and(|way| std::ptr::eq(way, client));
                    let expected = if is_requester { vec![] } else { vec![(change.clone(), message.clone())] };
                    assert_eq!(told(client).await, expected);
                }
                for reader in [&anna, &cleo] {
                    let page = reader.history(&id, &format!("after={}", target - 1)).await;
                    assert_eq!((page.messages.first(), page.changes.last()), (Some(&expected), Some(&change)));
                    assert_eq!(page.last_seq, seq);
                }
            }
        }
    }
    assert!(strange.drain().await.is_empty());
}

#[tokio::test]
async fn the_sender_and_every_admin_delete_a_message() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    for (sender, by) in [(&anna, &anna), (&anna, &ben), (&ben, &ben), (&ben, &cleo)] {
        let said = sender.say(&id, "a word too many").await;
        anna.react(&id, said.seq, Emoji::Joy, true).await;
        let made = by.delete(&id, said.seq).await;
        let deletion = Deletion { by: person(by), at: made.change.created_at };
        let expected = Message {
            body: String::new(),
            changed_seq: Some(made.change.seq),
            deleted: Some(deletion),
            ..said.clone()
        };
        assert_eq!(made.message, expected);
        assert_eq!(cleo.messages_after(&id, said.seq - 1).await[0], expected);
        // The text is in no answer any more.
        for text in [
            anna.get(&format!("/api/chat/conversations/{id}/messages")).await.text,
            ben.get(&format!("/api/chat/conversations/{id}")).await.text,
            anna.get("/api/chat/conversations").await.text,
        ] {
            assert!(!text.contains("too many"), "{text}");
        }
    }
}

#[tokio::test]
async fn each_person_reacts_once_with_each_emoji() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let said = anna.say(&id, "It has arrived!").await;
    for emoji in Emoji::ALL {
        for user in [&cleo, &anna, &ben] {
            user.react(&id, said.seq, emoji, true).await;
        }
    }
    // Customer first, then admins by user id.
    let all = |by: Vec<Person>| -> Vec<Reaction> {
        Emoji::ALL.into_iter().map(|emoji| Reaction { emoji, by: by.clone() }).collect()
    };
    let found = ben.messages(&id).await.remove(1);
    assert_eq!(found.reactions, all(vec![person(&anna), person(&ben), person(&cleo)]));
    assert_eq!((&found.body, found.edited_at, &found.deleted), (&said.body, None, &None));

    // The same again, as a new change, adds nothing.
    let again = anna.react(&id, said.seq, Emoji::Party, true).await;
    assert_eq!(again.message.reactions, found.reactions);
    // Taking one away leaves those of the others. Taking away what is not there changes nothing.
    let mut left = found.reactions.clone();
    left[6].by.remove(0);
    for _ in 0..2 {
        assert_eq!(anna.react(&id, said.seq, Emoji::Party, false).await.message.reactions, left);
    }
    for user in [&ben, &cleo] {
        user.react(&id, said.seq, Emoji::Party, false).await;
    }
    left.remove(6);
    assert_eq!(ben.messages(&id).await[1].reactions, left);
    assert_eq!(ben.conversation(&id).await.last_message.reactions, [], "a preview has none");
    // An edit keeps them.
    assert_eq!(anna.edit(&id, said.seq, "It is here!").await.message.reactions, left);
}

#[tokio::test]
async fn a_message_takes_200_reactions() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let said = anna.say(&id, "New lamps for old ones!").await;
    for n in 0..25 {
        let admin = shop.admin(&format!("admin{n:02}"));
        for emoji in Emoji::ALL {
            admin.react(&id, said.seq, emoji, true).await;
        }
    }
    let one_more = anna.post_change(&id, said.seq, client_message_id(), &react(Emoji::Heart, true)).await;
    one_more.refused(Code::NotChangeable);
    let full = anna.messages(&id).await.remove(1);
    assert_eq!(full.reactions.iter().map(|it| it.by.len()).collect::<Vec<_>>(), [25; 8]);
    // Taking one away is possible, and makes room for one.
    shop.admin("admin07").react(&id, said.seq, Emoji::Joy, false).await;
    let made = anna.react(&id, said.seq, Emoji::Heart, true).await;
    assert_eq!(made.message.reactions[1].by[0], person(&anna));
    assert_eq!(made.message.reactions.iter().map(|it| it.by.len()).sum::<usize>(), 200);
    // So are an edit and a deletion.
    anna.edit(&id, said.seq, "New lamps for old lamps!").await;
    assert_eq!(anna.delete(&id, said.seq).await.message.reactions, []);
}

/// Changes and messages share the rate limit of a person in a conversation, also of an admin who
/// has written nothing.
#[tokio::test]
async fn changes_count_in_the_rate_limit() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "hi").await;
    for user in [&anna, &ben] {
        let client = user.connect().await;
        // Right after a change, a message is accepted.
        client.change(&id, 2, client_message_id(), &react(Emoji::Joy, true)).await.unwrap();
        let seen = user.conversation(&id).await.last_seq;
        client.send(&id, client_message_id(), "next", Some(seen)).await.unwrap();
        let refused = loop {
            match client.change(&id, 2, client_message_id(), &react(Emoji::Joy, true)).await {
                // A slow gateway hardly makes more than the two a second that are allowed for ever.
                Ok(made) => assert!(made.change.seq < 1_000, "{} is never limited", user.id),
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused.code, Code::RateLimited);
        assert!((1..=500).contains(&refused.retry_after_ms.unwrap()), "{refused:?}");
    }
}
