//! The parameter `EditMinutes` of the template: for how long a message can be edited.

use local::Settings;
use protocol::Code;
use serde_json::json;
use tests::{Shop, client_message_id};

async fn shop(minutes: &str) -> Shop {
    let parameters = [("EditMinutes".to_owned(), minutes.to_owned())].into();
    Shop::open_with(Settings { parameters, ..Shop::settings() }).await
}

#[tokio::test]
async fn with_0_no_message_can_be_edited() {
    let shop = shop("0").await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let edit = json!({"edit": {"body": "x"}});
    // Sent just now, and by a clock that was set back since.
    for age in [0, -60_000] {
        let said = shop.with_earlier_time(age, anna.say(&id, "hi")).await.seq;
        anna.post_change(&id, said, client_message_id(), &edit).await.refused(Code::NotChangeable);
        anna.delete(&id, said).await;
    }
}

#[tokio::test]
async fn a_message_can_be_edited_for_as_long_as_configured() {
    let shop = shop("60").await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let edit = json!({"edit": {"body": "x"}});
    let said = shop.with_earlier_time(59 * 60_000, anna.say(&id, "hi")).await.seq;
    anna.edit(&id, said, "x").await;
    let said = shop.with_earlier_time(60 * 60_000, anna.say(&id, "hi")).await.seq;
    anna.post_change(&id, said, client_message_id(), &edit).await.refused(Code::NotChangeable);
}
