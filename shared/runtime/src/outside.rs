//! The clock and the dice. Operations get their results as parameters; nothing below `functions/` asks for them itself.

use domain::Time;

/// The time, to the millisecond.
pub fn now() -> Time {
    // The system clock would have to stand before the year −9999 or after 9999 for this to fail.
    Time::from_millis(jiff::Timestamp::now().as_millisecond()).expect("a clock within recorded time")
}

/// Random bytes from the operating system, good enough for tickets.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}
