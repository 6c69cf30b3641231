//! Edits, deletions and reactions: what each does to the message, to the conversation and to the
//! pages of the history, over REST and WebSocket, and who gets which event.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use domain::{Change, ChangeKind, ConversationStatus, Deletion, Emoji, Message, Person, Reaction};
use futures_util::future::join_all;
use protocol::{ChangeAnswer, Code, Event, History};
use serde_json::{Value, json};
use tests::{Client, Shop, User, client_message_id};

fn person(user: &User) -> Person {
    Person { user_id: user.id.clone(), role: user.role, name: user.name.clone() }
}

fn edit(body: &str) -> Value {
    json!({"edit": {"body": body}})
}

fn react(emoji: Emoji, on: bool) -> Value {
    json!({"react": {"emoji": emoji, "on": on}})
}

/// The changes that a connection was told of, and nothing else: the change, and the message as it is
/// now.
async fn told(client: &Client) -> Vec<(Change, Message)> {
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

/// The numbers of a page's messages, changes and others.
fn numbers(page: &History) -> [Vec<u64>; 3] {
    let of = |messages: &[Message]| messages.iter().map(|message| message.seq).collect();
    [of(&page.messages), page.changes.iter().map(|change| change.seq).collect(), of(&page.others)]
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

#[tokio::test]
async fn the_preview_follows_edits_and_deletions() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    let desk = ben.connect().await;
    let earlier = anna.say(&id, "Is it blue?").await;
    let last = ben.say(&id, "As the see").await;
    let previews = async || {
        let found = [
            anna.conversation(&id).await,
            ben.conversations("").await.items.remove(0),
            anna.conversations("").await.items.remove(0),
            anna.sale(&placed.order.id).await.conversation,
            desk.join(&id).await,
        ];
        let same = |it: &protocol::Conversation| (it.last_message.clone(), it.last_seq, it.last_activity_at);
        assert!(found.iter().all(|it| same(it) == same(&found[0])), "{found:#?}");
        same(&found[0])
    };

    let edited = ben.edit(&id, last.seq, "As the sea").await;
    assert_eq!(previews().await, (edited.message.clone(), 4, edited.change.created_at));
    // A change of another message leaves the last message as it is, and is the last entry.
    let other = anna.edit(&id, earlier.seq, "Is it light blue?").await.change;
    assert_eq!(previews().await, (edited.message.clone(), 5, other.created_at));
    let reacted = anna.react(&id, last.seq, Emoji::ThumbsUp, true).await.change;
    assert_eq!(previews().await, (edited.message.clone(), 6, reacted.created_at), "without its reactions");
    let deleted = ben.delete(&id, last.seq).await;
    assert_eq!(previews().await, (deleted.message, 7, deleted.change.created_at));
    let next = anna.say(&id, "I take it").await;
    assert_eq!(previews().await, (next.clone(), 8, next.created_at));
}

#[tokio::test]
async fn changes_are_never_unread() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let unread = async || (anna.conversation(&id).await.unread, ben.conversation(&id).await.unread);
    anna.say(&id, "Is it blue?").await;
    ben.say(&id, "Yes").await;
    ben.edit(&id, 3, "No").await;
    anna.react(&id, 3, Emoji::Sad, true).await;
    ben.set_status(&id, ConversationStatus::Archived).await;
    // Of the first entry, which is her own order, to the sixth.
    assert_eq!(unread().await, (Some(1), Some(2)));

    // Receipts count entries, so a change can be read too.
    let phone = anna.connect_and_join(&id).await;
    let desk = ben.connect_and_join(&id).await;
    phone.drain().await;
    assert_eq!((phone.read(&id, 3).await.unread, ben.read(&id, 1).await.unread), (0, 1));
    assert_eq!((anna.read(&id, 5).await.unread, desk.read(&id, 6).await.unread), (0, 0));
    let read: Vec<u64> = (phone.drain().await.iter())
        .filter_map(|event| if let Event::MessageRead { seq, .. } = event { Some(*seq) } else { None })
        .collect();
    assert_eq!(read, [1, 5, 6]);
    assert_eq!(phone.delivered(&id, 6).await, 6);

    let late = ben.say(&id, "It is green").await.seq;
    ben.edit(&id, late, "It is teal").await;
    assert_eq!(unread().await, (Some(1), Some(0)));
    // A deleted message is still a message.
    ben.delete(&id, late).await;
    assert_eq!(unread().await, (Some(1), Some(0)));
    assert_eq!(anna.read(&id, late + 2).await.unread, 0);
    assert_eq!(phone.read(&id, late).await.read_seq, late + 2);
}

#[tokio::test]
async fn a_change_wakes_no_archived_conversation_and_is_activity() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "hi").await;
    ben.set_status(&id, ConversationStatus::Archived).await;
    let other = anna.order().await.conversation.id;
    for change in [edit("hello"), react(Emoji::Done, true), json!({"delete": {}})] {
        let made = anna.change(&id, 2, &change).await.change;
        let found = ben.conversation(&id).await;
        assert_eq!((found.status, found.last_activity_at), (ConversationStatus::Archived, made.created_at));
        let listed = ben.conversations("").await.items;
        assert_eq!(listed.iter().map(|it| &it.id).collect::<Vec<_>>(), [&id, &other]);
        assert_eq!(ben.conversations("status=archived").await.items[0].last_seq, made.seq);
        anna.say(&other, "first again").await;
        assert_eq!(ben.conversations("").await.items[0].id, other);
    }
}

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

#[tokio::test]
async fn pages_have_changes_and_the_messages_they_refer_to() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    for body in ["two", "three", "four"] {
        anna.say(&id, body).await;
    }
    ben.react(&id, 2, Emoji::ThumbsUp, true).await; // 5
    anna.edit(&id, 3, "drei").await; // 6
    let reply = json!({"clientMessageId": client_message_id(), "body": "seven", "replyTo": 4});
    ben.post(&format!("/api/chat/conversations/{id}/messages"), &reply).await.expect::<Value>(201);
    anna.delete(&id, 4).await; // 8
    ben.set_status(&id, ConversationStatus::Archived).await; // 9

    // query, the seqs of messages, changes and others, whether there are more in that direction
    let expected = [
        ("", [vec![1, 2, 3, 4, 7], vec![5, 6, 8, 9], vec![]], false),
        ("limit=9", [vec![1, 2, 3, 4, 7], vec![5, 6, 8, 9], vec![]], false),
        ("limit=1", [vec![], vec![9], vec![]], true),
        ("limit=2", [vec![], vec![8, 9], vec![4]], true),
        ("limit=3", [vec![7], vec![8, 9], vec![4]], true),
        ("limit=5", [vec![7], vec![5, 6, 8, 9], vec![2, 3, 4]], true),
        ("limit=6", [vec![4, 7], vec![5, 6, 8, 9], vec![2, 3]], true),
        ("before=9&limit=2", [vec![7], vec![8], vec![4]], true),
        ("before=7&limit=3", [vec![4], vec![5, 6], vec![2, 3]], true),
        ("before=5", [vec![1, 2, 3, 4], vec![], vec![]], false),
        ("after=4&limit=2", [vec![], vec![5, 6], vec![2, 3]], true),
        ("after=4", [vec![7], vec![5, 6, 8, 9], vec![2, 3, 4]], false),
        ("after=6&limit=1", [vec![7], vec![], vec![4]], true),
        ("after=7", [vec![], vec![8, 9], vec![4]], false),
        ("after=8", [vec![], vec![9], vec![]], false),
        ("after=9", [vec![], vec![], vec![]], false),
        ("after=0&limit=3", [vec![1, 2, 3], vec![], vec![]], true),
    ];
    let all = anna.history(&id, "").await;
    let of = |seq: u64| all.messages.iter().find(|it| it.seq == seq).unwrap();
    assert_eq!((of(2).reactions.len(), of(3).body.as_str(), of(4).body.as_str()), (1, "drei", ""));
    for (query, page, more) in expected {
        let found = anna.history(&id, query).await;
        assert_eq!((numbers(&found), found.last_seq, found.has_more), (page, 9, more), "{query}");
        // Old pages have the messages as they are now.
        for message in found.messages.iter().chain(&found.others) {
            assert_eq!(message, of(message.seq), "{query}");
        }
        assert_eq!(ben.history(&id, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn walking_either_way_finds_every_entry_once() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    for n in 0..6 {
        let said = anna.say(&id, &format!("message {n}")).await.seq;
        ben.react(&id, said, Emoji::ALL[n], true).await;
        ben.set_status(&id, if n % 2 == 0 { ConversationStatus::Closed } else { ConversationStatus::Active }).await;
        ben.set_status(&id, ConversationStatus::Active).await;
    }
    let all = anna.log_after(&id, 0).await;
    assert_eq!((all.messages.len() + all.changes.len()) as u64, all.last_seq);
    for limit in [1, 3, 100] {
        let (mut messages, mut changes, mut query) = (Vec::new(), Vec::new(), format!("limit={limit}"));
        loop {
            let page = anna.history(&id, &query).await;
            let firsts = [page.messages.first().map(|it| it.seq), page.changes.first().map(|it| it.seq)];
            messages.splice(0..0, page.messages);
            changes.splice(0..0, page.changes);
            let Some(first) = firsts.into_iter().flatten().min().filter(|_| page.has_more) else { break };
            query = format!("limit={limit}&before={first}");
        }
        assert_eq!((&messages, &changes), (&all.messages, &all.changes), "{limit}");
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = ben.history(&id, &format!("after={after}&limit={limit}")).await;
            let [messages, changes, _] = numbers(&page);
            found.extend(messages.into_iter().chain(changes));
            after = found.iter().copied().max().unwrap_or_default();
            if !page.has_more {
                break;
            }
        }
        found.sort_unstable();
        assert_eq!(found, (1..=all.last_seq).collect::<Vec<_>>(), "{limit}");
    }
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
                Ok(made) => assert!(made.change.seq < 100, "{} is never limited", user.id),
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused.code, Code::RateLimited);
        assert!((1..=500).contains(&refused.retry_after_ms.unwrap()), "{refused:?}");
    }
}
