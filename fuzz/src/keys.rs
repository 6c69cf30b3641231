use std::fmt::Display;
use std::str::FromStr;

use domain::{ConversationId, MessageId, OrderId, Position, Role, Time, Twin};

/// What keys are made of: an id has one spelling and no separator, a place in a list has one spelling, and the idempotency keys of
/// two callers never name one order.
pub fn keys(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    one_spelling::<OrderId>(text);
    one_spelling::<ConversationId>(text);
    one_spelling::<MessageId>(text);
    one_spelling::<Position>(text);
    if let Some(twin) = Twin::parse(text) {
        assert_eq!(twin.as_str(), text);
        is_a_part_of_a_key(&twin);
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

fn is_a_part_of_a_key(twin: &Twin) {
    let letters = twin.as_str().bytes();
    assert!(twin.as_str().len() == 26 && letters.clone().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()));
}

fn names_one_order((user_id, key): (&str, &str)) {
    let named = |user_id: &str, role, key: &str| Twin::from_idempotency_key(&super::somebody(user_id, role), key);
    let twin = named(user_id, Role::Customer, key);
    is_a_part_of_a_key(&twin);
    assert_eq!(twin, named(user_id, Role::Customer, key));
    assert_ne!(twin, named(user_id, Role::Admin, key));
    // The border between the two is part of what is named.
    if let Some(first) = key.chars().next() {
        assert_ne!(twin, named(&format!("{user_id}{first}"), Role::Customer, &key[first.len_utf8()..]));
    }
}
