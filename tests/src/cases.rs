//! Properties of a running system: random cases, one after the other.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::{asked, number};

/// Checks `count` cases, or as many as `JOURNEY_CASES` says.
///
/// `check` gets a number that is no other case's, to name its people by. The seed is printed, and taken from
/// `JOURNEY_SEED` where that is set; a case that fails is made smaller before it is shown.
pub fn cases<S: Strategy>(count: u32, strategy: &S, check: &impl AsyncFn(u32, S::Value)) {
    let seed: u64 = asked("JOURNEY_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ now.as_secs()
    });
    let cases = number("JOURNEY_CASES", count);
    println!("JOURNEY_SEED={seed} JOURNEY_CASES={cases}");
    let config = Config { cases, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let next = std::cell::Cell::new(0);
    let result = runner.run(strategy, |case| {
        next.set(next.get() + 1);
        runtime.block_on(check(next.get(), case));
        Ok(())
    });
    if let Err(error) = result {
        panic!("JOURNEY_SEED={seed}: {error}");
    }
}
