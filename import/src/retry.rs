//! Waiting before another try: twice as long each time, and never all at once.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long to wait before try number `attempt`, counted from 1: between half and all of `first` doubled, at most `most`.
fn wait(attempt: u32, first: Duration, most: Duration, random: u64) -> Duration {
    let full = first.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(most);
    let share = u32::try_from(random % 512).unwrap_or_default() + 512;
    full * share / 1024
}

/// Waits before try number `attempt`.
pub(crate) async fn wait_before_retry(attempt: u32, first: Duration, most: Duration) {
    let random = RandomState::new().hash_one(attempt);
    tokio::time::sleep(wait(attempt, first, most, random)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_the_maximum() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(2));
        for random in [0, 511, 1 << 40] {
            for (attempt, full) in [(1, 100), (2, 200), (3, 400), (6, 2_000), (99, 2_000)] {
                let waits = wait(attempt, first, most, random).as_millis();
                assert!(waits * 2 >= full && waits <= full, "{attempt}: {waits}");
            }
        }
    }
}
