//! Imports from JSON Lines and CSV files.

use domain::{OrderStatus, SharedId};
use serde_json::json;
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
                {"id": "m3", "sender": {"id": 5}, "body": "so?", "createdAt": "2020-01-01T13:00:00Z"}]}],
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
    assert_eq!(found.conversation.unread, Some(0));
    assert_eq!(shop.admin("9").conversation(&found.conversation.id).await.unread, Some(1));
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
