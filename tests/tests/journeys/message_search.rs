//! Searching the messages of a conversation: every word, any script, newest first, as they are now.

use domain::{ConversationId, Emoji, OrderStatus};
use protocol::{Code, MessagesFound};
use serde_json::json;
use tests::{Shop, User};

/// The `seq` of what `query` finds in one request.
async fn found(user: &User, id: &ConversationId, query: &str) -> Vec<u64> {
    seqs(&user.search_messages(id, query).await)
}

fn seqs(found: &MessagesFound) -> Vec<u64> {
    found.items.iter().map(|item| item.message.seq).collect()
}

#[tokio::test]
async fn messages_are_found_by_their_words_newest_first() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let other = anna.order().await.conversation.id;
    anna.say(&other, "Is the café open?").await;
    anna.say(&id, "Is the café 😀 open?").await; // 2
    ben.say(&id, "The CAFE\u{301} is closed. Café!").await; // 3
    anna.say(&id, "هل المَقهى مفتوح؟").await; // 4
    ben.say(&id, "カフェは開いていますか").await; // 5
    ben.note(&id, "The café again").await;
    ben.set_order_status(&anna.conversation(&id).await.order_id, OrderStatus::Confirmed).await; // 6
    for user in [&anna, &ben] {
        for (q, expected) in [
            ("cafe", vec![3, 2]),
            ("CAF", vec![3, 2]),
            ("open%20cafe", vec![2]),
            ("%20%20the%09cafe%20", vec![3, 2]),
            ("المقهى", vec![4]),
            ("開いて", vec![5]),
            ("😀%20open", vec![2]),
            ("again", vec![]),
            ("confirmed", vec![]),
            ("opening", vec![]),
        ] {
            assert_eq!(found(user, &id, &format!("q={q}")).await, expected, "{q}");
        }
    }
    // What is found is the message as it is everywhere else, with the places of the words.
    let result = anna.search_messages(&id, "q=open%20cafe").await;
    let [item] = &result.items[..] else { panic!("{result:?}") };
    assert_eq!(item.message, anna.messages(&id).await[1]);
    let units: Vec<u16> = item.message.body.encode_utf16().collect();
    let marked = item.matches.iter().map(|place| String::from_utf16_lossy(&units[place.start..place.end]));
    assert_eq!(marked.collect::<Vec<_>>(), ["café", "open"]);
    assert_eq!(result.searched_to, None);
    // Page by page.
    let first = anna.search_messages(&id, "q=cafe&limit=1").await;
    assert_eq!((seqs(&first), first.searched_to), (vec![3], Some(3)));
    assert_eq!(found(&anna, &id, "q=cafe&limit=1&before=3").await, [2]);
    assert_eq!(found(&anna, &id, "q=cafe&before=2").await, [] as [u64; 0]);
    for (before, expected) in
        [("0", vec![]), ("1", vec![]), ("999999999999", vec![3, 2]), ("18446744073709551615", vec![3, 2])]
    {
        assert_eq!(found(&anna, &id, &format!("q=cafe&before={before}")).await, expected, "{before}");
    }
}

#[tokio::test]
async fn what_was_edited_or_deleted_is_not_found_any_more() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (edited, deleted) = (anna.say(&id, "a lamp").await.seq, anna.say(&id, "two lamps").await.seq);
    ben.react(&id, edited, Emoji::Heart, true).await;
    assert_eq!(found(&ben, &id, "q=lamp").await, [deleted, edited]);
    anna.change(&id, edited, &json!({"edit": {"body": "a chair"}})).await;
    anna.delete(&id, deleted).await;
    assert_eq!(found(&ben, &id, "q=lamp").await, [] as [u64; 0]);
    assert_eq!(found(&ben, &id, "q=chair").await, [edited]);
    // As after a crash between the two writes of a send.
    let last = shop.without_log_entry(anna.say(&id, "a lampshade")).await.seq;
    assert_eq!(found(&ben, &id, "q=lamp").await, [last]);
}

#[tokio::test]
async fn a_long_conversation_is_searched_in_parts() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    anna.say(&id, "a needle").await;
    // Short ones: an answer ends after 1,000. Long ones: after 1 MB.
    shop.repeat_last_message(&id, 1_200, |seq| format!("hay {seq}{}", if seq % 300 == 0 { " needle" } else { "" }))
        .await;
    shop.repeat_last_message(&id, 200, |seq| format!("{seq}{}", "hay ".repeat(1_500))).await;
    let (mut all, mut before, mut requests) = (Vec::new(), String::new(), 0);
    loop {
        let part = anna.search_messages(&id, &format!("q=needle{before}")).await;
        all.extend(seqs(&part));
        requests += 1;
        let Some(to) = part.searched_to else { break };
        assert!(part.items.iter().all(|item| item.message.seq >= to));
        before = format!("&before={to}");
    }
    assert_eq!(all, [1_200, 900, 600, 300, 2]);
    assert!((2..=4).contains(&requests), "{requests}");
}

#[tokio::test]
async fn invalid_searches_are_refused_and_strangers_find_nothing() {
    let shop = Shop::open().await;
    let (anna, bob) = (shop.customer("anna"), shop.customer("bob"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "a lamp").await;
    let path = format!("/api/chat/conversations/{id}/search");
    for query in [
        "",
        "q=",
        "q=x",
        "q=%20%20%20",
        &format!("q={}", "x".repeat(101)),
        "q=lamp&limit=0",
        "q=lamp&limit=101",
        "q=lamp&before=x",
        "q=lamp&before=-1",
    ] {
        anna.get(&format!("{path}?{query}")).await.refused(Code::InvalidRequest);
    }
    bob.get(&format!("{path}?q=lamp")).await.refused(Code::NotFound);
    bob.get("/api/chat/conversations/cnv_aebagbafaydqqcikbmga2dqpca/search?q=lamp").await.refused(Code::NotFound);
}
