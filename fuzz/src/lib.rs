//! Checks that must hold for any bytes that a client sends. A check panics if it fails.
//!
//! `cargo xtask fuzz` looks for bytes that make a check fail. It starts from the seeds, one folder
//! for each check; inputs that it found are kept there as well. `cargo test` runs every check on
//! every seed.

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

/// Checks that a problem is short enough to send, however long the refused input is, and is the
/// same after it is serialized and parsed again.
fn check_problem(problem: &Problem) {
    let text = serde_json::to_string(problem).expect("a problem is JSON");
    assert!(text.len() < 2_048, "{} bytes of answer", text.len());
    assert_eq!(serde_json::from_str::<Problem>(&text).expect("a problem"), *problem);
}

/// A person with this user id.
fn person(user_id: &str, role: Role) -> Person {
    Person { user_id: user_id.to_owned(), role, name: String::new() }
}

/// Splits the input at its first line break.
fn split_at_line_break(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
