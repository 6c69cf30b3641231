//! Imports from JSON Lines and CSV files.

use domain::{OrderStatus, SharedId};
use serde_json::{Value, json};
use tests::Shop;
use tests::importer::{Importer, shared_id};

#[tokio::test(flavor = "multi_thread")]
async fn json_lines_files_are_imported() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let order = json!({
        "id": 1, "number": "A-1", "status": "confirmed", "createdAt": "2020-01-01T10:00:00Z",
        "customer": {"id": 5, "name": "Ann"},
        "items": [{"title": "Lamp", "quantity": 2, "unitPrice": "12.50"}, {"title": "Bulb", "unitPrice": 3}],
        "conversations": [{"participants": [{"id": 5}, {"id": 9, "role": "admin", "name": "Bo", "lastReadAt": "2020-01-01T12:00:00Z"}],
            "messages": [
                {"id": "m1", "sender": {"id": 5}, "body": "hello", "createdAt": "2020-01-01T11:00:00Z"},
                {"id": "m2", "sender": {"id": 9}, "body": "hi", "createdAt": "2020-01-01T11:30:00Z", "readBy": [5]},
                {"id": "m3", "sender": {"id": 5}, "body": "so?", "createdAt": "2020-01-01T13:00:00Z",
                    "editedAt": "2020-01-01T13:30:00Z"},
                {"id": "m4", "sender": {"id": 9}, "body": "wrong", "createdAt": "2020-01-01T14:00:00Z",
                    "deletedAt": "2020-01-01T14:01:00Z"}]}],
    });
    let lines = format!("{order}\n\nnonsense\n{{\"id\": [1]}}\n{order}\n{{\"id\": 2}}");
    let file = importer.file("old.jsonl", &lines);
    let import_counts = importer.run(&file, &shop).await.unwrap();
    assert_eq!((import_counts.read, import_counts.created, import_counts.refused), (5, 1, 4));
    let refusals = importer.refusals();
    assert!(refusals[&("order".to_owned(), "line 3".to_owned())].contains("not an order"));
    assert!(refusals[&("order".to_owned(), "1".to_owned())].contains("an earlier order has the same id"));
    let found = shop.customer("5").sale(shared_id(1).order_id()).await;
    assert_eq!((found.order.total, found.order.status), (2_800, OrderStatus::Confirmed));
    assert_eq!(found.conversation.unread, Some(1));
    let messages = shop.customer("5").messages(&found.conversation.id).await;
    let [edited, deleted] = &messages[3..] else { panic!("not five messages: {messages:#?}") };
    assert_eq!(edited.edited_at.unwrap().to_string(), "2020-01-01T13:30:00.000Z");
    let deletion = deleted.deleted.as_ref().unwrap();
    assert_eq!((deleted.body.as_str(), deletion.by.name.as_str()), ("", "Bo"));
    assert_eq!(deletion.at.to_string(), "2020-01-01T14:01:00.000Z");
    assert_eq!(shop.admin("9").conversation(&found.conversation.id).await.unread, Some(1));
}

/// An order with seven messages of its customer, among them that it was placed, and these readers:
/// each a user id and the number of messages that the admin has read after the first.
fn order_with_readers(id: u32, readers: &[(u64, u64)], messages: u64, read_by: &[u64]) -> Value {
    let messages = (1..=messages).map(|n| {
        let read_by: &[u64] = if n == 7 { read_by } else { &[] };
        json!({"id": format!("{id}/{n}"), "sender": {"id": 5}, "body": "hello", "readBy": read_by,
            "createdAt": format!("2020-01-01T{:02}:00:00Z", 10 + n)})
    });
    let participants = readers.iter().map(|(user_id, read)| {
        json!({"id": user_id, "role": "admin", "name": "Bo", "lastReadAt": format!("2020-01-01T{:02}:30:00Z", 10 + read)})
    });
    json!({
        "id": id, "status": "pending", "createdAt": "2020-01-01T10:00:00Z", "customer": {"id": 5, "name": "Ann"},
        "items": [{"title": "Lamp", "unitPrice": 3}],
        "conversations": [{"participants": participants.collect::<Vec<_>>(), "messages": messages.collect::<Vec<_>>()}],
    })
}

/// Each of many admins has the cursor that they had, whether all fits into one transaction or not.
#[tokio::test(flavor = "multi_thread")]
async fn the_cursors_of_many_admins_are_imported() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let readers = |count: u64| (0..count).map(|n| (1_000 + n, n % 7)).collect::<Vec<_>>();
    let unread = async |order: u32, user_id: u64| {
        let conversation = shop.admin(&user_id.to_string()).conversation(shared_id(order).conversation_id()).await;
        let own = conversation.participants.iter().find(|it| it.user_id == user_id.to_string()).unwrap();
        assert_eq!(own.read_seq + conversation.unread.unwrap(), conversation.last_seq);
        conversation.unread.unwrap()
    };
    let orders = [(1, readers(20)), (2, readers(120))];
    let lines = orders.clone().map(|(id, readers)| order_with_readers(id, &readers, 6, &[]).to_string()).join("\n");
    assert_eq!(importer.run(&importer.file("old.jsonl", &lines), &shop).await.unwrap().created, 2);
    for (order, readers) in &orders {
        for (user_id, read) in readers {
            assert_eq!(unread(*order, *user_id).await, 6 - read, "{user_id} of {order}");
        }
        let seen = shop.customer("5").conversation(shared_id(order).conversation_id()).await.participants;
        assert_eq!((seen.len(), seen[1].name.as_str(), seen[1].read_seq, seen[1].delivered_seq), (2, "Bo", 7, 7));
    }
    // One of them reads on here, and then another message in the old system. What they had skipped
    // there does not matter.
    let here = shop.admin("1001");
    assert_eq!(here.read(shared_id(2).conversation_id(), 7).await.unread, 0);
    let lines = order_with_readers(2, &readers(120), 7, &[1_001]).to_string();
    assert_eq!(importer.run(&importer.file("old.jsonl", &lines), &shop).await.unwrap().updated, 1);
    for (user_id, read) in readers(120) {
        let expected = if user_id == 1_001 { 0 } else { 7 - read };
        assert_eq!(unread(2, user_id).await, expected, "{user_id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_files_are_imported_without_invalid_lines() {
    let shop = Shop::open().await;
    let csv = "id,customer_id,customer_name,title,price,status,created_at\n1,5,Ann,Lamp,1.5,done,2020-01-01\n\
               2,6,\"Bo, B.\",\"a \"\"lamp\"\"\",2,pending,2020-01-01\n3,6,Bo,x,,pending,2020-01-01\n\
               4,6,Bo\n";
    let importer = Importer::configured("namespace = \"csv\"");
    let file = importer.file("old.csv", csv);
    let import_counts = importer.run(&file, &shop).await.unwrap();
    assert_eq!((import_counts.read, import_counts.created, import_counts.refused), (4, 2, 2));
    assert!(importer.refusals()[&("order".to_owned(), "line 5".to_owned())].contains("3 fields"));
    let found = shop.customer("6").sale(SharedId::from_legacy("csv", "2").order_id()).await;
    assert_eq!((found.order.items[0].title.as_str(), found.order.customer_name.as_str()), ("a \"lamp\"", "Bo, B."));
}
