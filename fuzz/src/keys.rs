use std::fmt::Display;
use std::str::FromStr;

use domain::{ConversationId, MessageId, OrderId, Position, Role, SharedId, Time};

/// What keys are made of: an id has one spelling and no separator, a place in a list has one spelling, and the idempotency keys of
/// two callers never name one order.
pub fn keys(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    one_spelling::<OrderId>(text);
    one_spelling::<ConversationId>(text);
    one_spelling::<MessageId>(text);
    one_spelling::<Position>(text);
    if let Some(shared_id) = SharedId::parse(text) {
        assert_eq!(shared_id.as_str(), text);
        is_a_part_of_a_key(&shared_id);
    }
    if let Ok(time) = text.parse::<Time>() {
        assert_eq!(time.to_string().parse::<Time>().expect("a time that was printed"), time);
    }
    names_one_order(super::two(text));
}

fn one_spelling<T: FromStr + Display>(text: &str) {
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(id.to_string(), text);
    }
}

fn is_a_part_of_a_key(shared_id: &SharedId) {
    let letters = shared_id.as_str().bytes();
    assert!(shared_id.as_str().len() == 26 && letters.clone().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()));
}

fn names_one_order((user_id, key): (&str, &str)) {
    let named = |user_id: &str, role, key: &str| SharedId::from_idempotency_key(&super::somebody(user_id, role), key);
    let shared_id = named(user_id, Role::Customer, key);
    is_a_part_of_a_key(&shared_id);
    assert_eq!(shared_id, named(user_id, Role::Customer, key));
    assert_ne!(shared_id, named(user_id, Role::Admin, key));
    // The border between the two is part of what is named.
    if let Some(first) = key.chars().next() {
        assert_ne!(shared_id, named(&format!("{user_id}{first}"), Role::Customer, &key[first.len_utf8()..]));
    }
}
