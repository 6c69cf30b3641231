//! Translates the legacy system's values for statuses and roles.

use std::collections::BTreeMap;

use domain::{ConversationStatus, OrderStatus, Role};

/// Words for an order's status that need no configuration.
const STATUSES: [(OrderStatus, &[&str]); 4] = [
    (OrderStatus::Pending, &["pending", "new", "open", "created", "placed", "unpaid"]),
    (OrderStatus::Confirmed, &["confirmed", "accepted", "approved", "paid", "processing", "in progress", "shipped"]),
    (OrderStatus::Completed, &["completed", "complete", "done", "delivered", "finished", "sold", "closed"]),
    (OrderStatus::Cancelled, &["cancelled", "canceled", "rejected", "declined", "refunded", "void"]),
];

/// An order's status, by the configuration, otherwise by the usual words. The error says that the
/// word is not known.
pub(super) fn status(word: Option<&str>, configured: &BTreeMap<String, OrderStatus>) -> Result<OrderStatus, String> {
    let spelled = plain(word.unwrap_or_default());
    if let Some((_, status)) = configured.iter().find(|(word, _)| plain(word) == spelled) {
        return Ok(*status);
    }
    let known = STATUSES.iter().find(|(_, words)| words.contains(&spelled.as_str()));
    known.map(|(status, _)| *status).ok_or_else(|| match word {
        Some(word) => format!("the status {word:?} is unknown: map it under [statuses]"),
        None => "it has no status: map \"\" under [statuses]".to_owned(),
    })
}

/// A conversation's status; an unknown word means active.
pub(super) fn conversation_status(word: Option<&str>) -> ConversationStatus {
    match plain(word.unwrap_or_default()).as_str() {
        "archived" | "archive" => ConversationStatus::Archived,
        "closed" | "resolved" | "ended" => ConversationStatus::Closed,
        _ => ConversationStatus::Active,
    }
}

/// The role; `None` if the word is not known.
pub(super) fn role(word: Option<&str>) -> Option<Role> {
    match plain(word?).as_str() {
        "customer" | "buyer" | "client" | "user" | "member" => Some(Role::Customer),
        "admin" | "administrator" | "staff" | "seller" | "support" | "agent" | "manager" | "owner" | "superadmin" => {
            Some(Role::Admin)
        }
        _ => None,
    }
}

/// The status that a system message of the old system reports: the last status it names.
pub(super) fn reported(body: &str) -> Option<OrderStatus> {
    let words = body.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    let mut named = words.filter_map(|word| match word.as_str() {
        "canceled" => Some(OrderStatus::Cancelled),
        word => OrderStatus::ALL.into_iter().find(|status| status.as_str() == word),
    });
    named.next_back()
}

/// Returns true if a system message only says that the order was placed. The first message of every
/// conversation says that already.
pub(super) fn announces(body: &str) -> bool {
    let body = body.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| body.contains(word));
    has(&["order", "sale", "conversation", "chat"]) && has(&["created", "placed", "received", "started"])
}

fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_messages_of_the_legacy_system() {
        assert_eq!(reported("Status changed from pending to Confirmed."), Some(OrderStatus::Confirmed));
        assert_eq!(reported("Your order was canceled"), Some(OrderStatus::Cancelled));
        assert_eq!(reported("A new admin joined"), None);
        assert!(announces("Order #17 created"));
        assert!(!announces("Payment received"));
    }

    #[test]
    fn unusual_spellings() {
        let mut configured = BTreeMap::new();
        for (word, means) in [(" PENDING ", OrderStatus::Pending), ("In_Progress", OrderStatus::Confirmed)] {
            assert_eq!(status(Some(word), &configured), Ok(means));
        }
        assert!(status(Some("on hold"), &configured).is_err());
        assert!(status(None, &configured).is_err());
        configured.insert("On-Hold".to_owned(), OrderStatus::Pending);
        configured.insert(String::new(), OrderStatus::Cancelled);
        configured.insert("sold".to_owned(), OrderStatus::Confirmed);
        assert_eq!(status(Some("on hold"), &configured), Ok(OrderStatus::Pending));
        assert_eq!(status(None, &configured), Ok(OrderStatus::Cancelled));
        assert_eq!(status(Some("Sold"), &configured), Ok(OrderStatus::Confirmed));
    }
}
