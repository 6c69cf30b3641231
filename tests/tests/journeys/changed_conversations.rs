//! What a change of a message does to its conversation: to the preview, to what is unread, and to its
//! place in the list.

use domain::{ConversationStatus, Emoji};
use protocol::Event;
use serde_json::json;
use tests::Shop;

use super::changes::{edit, react};

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
