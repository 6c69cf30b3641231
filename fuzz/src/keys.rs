use std::fmt::Display;
use std::str::FromStr;

use domain::{ConversationId, MessageId, OrderId, Position, Role, SharedId, Time};

/// Checks the parts of table keys: an id or position has exactly one spelling, an id has no
/// separator in it, and idempotency keys of two callers never name the same order.
pub fn keys(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    check_single_spelling::<OrderId>(text);
    check_single_spelling::<ConversationId>(text);
    check_single_spelling::<MessageId>(text);
    check_single_spelling::<Position>(text);
    if let Some(shared_id) = SharedId::parse(text) {
        assert_eq!(shared_id.as_str(), text);
        check_key_part(&shared_id);
    }
    if let Ok(time) = text.parse::<Time>() {
        assert_eq!(time.to_string().parse::<Time>().expect("a time that was printed"), time);
    }
    check_idempotency_key(super::split_at_line_break(text));
}

fn check_single_spelling<T: FromStr + Display>(text: &str) {
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(id.to_string(), text);
    }
}

fn check_key_part(shared_id: &SharedId) {
    let letters = shared_id.as_str().bytes();
    assert!(shared_id.as_str().len() == 26 && letters.clone().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()));
}

fn check_idempotency_key((user_id, key): (&str, &str)) {
    let named = |user_id: &str, role, key: &str| SharedId::from_idempotency_key(&super::person(user_id, role), key);
    let shared_id = named(user_id, Role::Customer, key);
    check_key_part(&shared_id);
    assert_eq!(shared_id, named(user_id, Role::Customer, key));
    assert_ne!(shared_id, named(user_id, Role::Admin, key));
    // Moving a character from the key to the user id must give another id.
    if let Some(first) = key.chars().next() {
        assert_ne!(shared_id, named(&format!("{user_id}{first}"), Role::Customer, &key[first.len_utf8()..]));
    }
}
