//! Conversations about completed or cancelled orders are archived by themselves, days after their
//! last activity, and a text makes them active again.

use domain::ConversationStatus::{Active, Archived};
use domain::{ConversationId, ConversationStatus, OrderStatus, Role};
use protocol::Event;
use tests::Shop;

fn updated_to(event: &Event, id: &ConversationId, status: ConversationStatus) -> bool {
    matches!(event, Event::ConversationUpdated { conversation, .. } if conversation.id == *id && conversation.status == status)
}

#[tokio::test]
async fn a_finished_conversation_is_archived_by_itself_and_woken_by_a_text() {
    let shop = Shop::open_with_triggers().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    ben.say(&id, "It is on its way").await;
    ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    ben.set_order_status(&placed.order.id, OrderStatus::Completed).await;
    for text in ["Thank you", "One more thing"] {
        let said = anna.say(&id, text).await;
        assert_eq!(ben.conversation(&id).await.status, Active, "woken by a text");
        shop.wait_until_due(&id).await;
        shop.let_days_pass(31).await;
        let (phone, desk) = (anna.connect().await, ben.connect().await);
        shop.sweep().await;
        shop.wait_for_status(&id, Archived).await;
        for client in [&phone, &desk] {
            client.wait_for("the archiving", |event| updated_to(event, &id, Archived)).await;
        }
        let archived = ben.conversation(&id).await;
        assert_eq!(archived.last_seq, said.seq + 1);
        let page = anna.history(&id, &format!("after={}", said.seq)).await;
        assert_eq!(page.changes.len(), 1, "{page:?}");
        assert_eq!(page.changes[0].by.role, Role::System, "said by the system");
        assert!(!archived.participants.iter().any(|it| it.user_id == "system"), "{archived:?}");
    }
}
