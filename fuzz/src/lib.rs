//! What holds for any bytes that somebody sends, as checks that panic where it does not.
//!
//! `cargo xtask fuzz` looks for bytes that a check fails on. The seeds, one folder for each check, are where it begins; what it
//! ever finds is kept among them, and `cargo test` runs every check on every seed.

mod bodies;
mod cursors;
mod frames;
mod keys;
mod tickets;

pub use bodies::bodies;
pub use cursors::cursors;
pub use frames::frames;
pub use keys::keys;
pub use tickets::tickets;

use domain::{Person, Role};
use protocol::Problem;

/// A refusal is short enough to send, however long what is refused, and reads back as it was said.
fn is_an_answer(problem: &Problem) {
    let text = serde_json::to_string(problem).expect("a problem is JSON");
    assert!(text.len() < 2_048, "{} bytes of answer", text.len());
    assert_eq!(serde_json::from_str::<Problem>(&text).expect("a problem"), *problem);
}

/// Somebody with this user id.
fn somebody(user_id: &str, role: Role) -> Person {
    Person { user_id: user_id.to_owned(), role, name: String::new() }
}

/// Two texts from one: what is before and after the first line break.
fn two(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
