//! Pages of the history with changes: both ways without a gap, with the messages as they are now.

use domain::{ConversationStatus, Emoji, Message};
use protocol::History;
use serde_json::{Value, json};
use tests::{Shop, client_message_id};

/// The numbers of a page's messages, changes and others.
fn numbers(page: &History) -> [Vec<u64>; 3] {
    let of = |messages: &[Message]| messages.iter().map(|message| message.seq).collect();
    [of(&page.messages), page.changes.iter().map(|change| change.seq).collect(), of(&page.others)]
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
