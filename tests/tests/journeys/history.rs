//! Pages of the history, in both directions, to both ends, and the same for everyone.

use protocol::{Code, History};
use tests::Shop;

fn numbers(page: &History) -> Vec<u64> {
    page.messages.iter().map(|message| message.seq).collect()
}

fn range(from: u64, to: u64) -> Vec<u64> {
    (from..=to).collect()
}

#[tokio::test]
async fn the_newest_page_comes_first() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let page = anna.history(&id, "").await;
    assert_eq!((numbers(&page), page.last_seq, page.has_more), (vec![1], 1, false));

    shop.fill(&id, 119).await;
    let page = anna.history(&id, "").await;
    assert_eq!((numbers(&page), page.last_seq, page.has_more), (range(71, 120), 120, true));
    let page = anna.history(&id, "limit=100").await;
    assert_eq!((numbers(&page), page.last_seq, page.has_more), (range(21, 120), 120, true));
    let page = anna.history(&id, "limit=1").await;
    assert_eq!((numbers(&page), page.last_seq, page.has_more), (vec![120], 120, true));
    assert_eq!(shop.admin("ben").history(&id, "limit=1").await, page);
}

#[tokio::test]
async fn pages_go_back_to_the_first_and_forward_to_the_last() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    shop.fill(&id, 99).await;

    // before / after, limit, the seqs of the page, whether there are more in that direction
    let expected = [
        ("before=51", range(1, 50), false),
        ("before=52", range(2, 51), true),
        ("before=51&limit=10", range(41, 50), true),
        ("before=11&limit=10", range(1, 10), false),
        ("before=2", vec![1], false),
        ("before=1", vec![], false),
        ("before=101", range(51, 100), true),
        ("before=1000", range(51, 100), true),
        ("after=0", range(1, 50), true),
        ("after=50", range(51, 100), false),
        ("after=49", range(50, 99), true),
        ("after=0&limit=100", range(1, 100), false),
        ("after=0&limit=99", range(1, 99), true),
        ("after=99", vec![100], false),
        ("after=100", vec![], false),
        ("after=1000", vec![], false),
        ("limit=100", range(1, 100), false),
        ("limit=99", range(2, 100), true),
    ];
    for (query, page, more) in expected {
        let found = anna.history(&id, query).await;
        assert_eq!((numbers(&found), found.last_seq, found.has_more), (page, 100, more), "{query}");
    }
}

#[tokio::test]
async fn walking_either_way_finds_every_message_once() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    shop.fill(&id, 45).await;
    for limit in [1, 7, 46, 100] {
        let (mut back, mut query) = (Vec::new(), format!("limit={limit}"));
        loop {
            let page = anna.history(&id, &query).await;
            let Some(first) = page.messages.first().map(|message| message.seq) else { break };
            back.splice(0..0, page.messages);
            query = format!("limit={limit}&before={first}");
            if !page.has_more {
                break;
            }
        }
        assert_eq!(back, anna.messages(&id).await);
        assert_eq!(back.len(), 46);
    }
}

#[tokio::test]
async fn invalid_queries_are_refused_by_name() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let cases = [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("before=x", "before"),
        ("before=-1", "before"),
        ("after=x", "after"),
        ("after=1.5", "after"),
        ("before=5&after=1", "before"),
    ];
    for (query, field) in cases {
        let answer = anna.get(&format!("/api/chat/conversations/{id}/messages?{query}")).await;
        let detail = answer.refused(Code::InvalidRequest).detail;
        assert!(detail.contains(field), "{query}: {detail}");
    }
    // Unknown parameters are ignored.
    assert_eq!(numbers(&anna.history(&id, "sideways=1").await), [1]);
}

#[tokio::test]
async fn shown_messages_never_change() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let mut shown = anna.messages(&id).await;
    for round in 0..15 {
        tokio::join!(anna.say(&id, "one"), ben.say(&id, "two"), async {
            // A concurrent reader sees the first messages without a gap.
            let page = anna.messages(&id).await;
            assert_eq!(page.iter().map(|message| message.seq).collect::<Vec<_>>(), range(1, page.len() as u64));
        });
        let now = anna.messages(&id).await;
        assert_eq!(now[..shown.len()], shown[..], "round {round}");
        shown = now;
    }
    assert_eq!(shown.len(), 31);
}
