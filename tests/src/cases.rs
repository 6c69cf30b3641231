//! Properties of a running system: random cases, one after the other, each with people of its own.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::Shop;

/// Checks `count` cases (or as many as `JOURNEY_CASES` says) in one shop, which costs far less than one for each.
///
/// `check` gets the shop and a number that is nobody else's, to make its people from. The seed is printed, and taken
/// from `JOURNEY_SEED` where that is set; a case that fails is made smaller before it is shown.
pub fn cases<S: Strategy>(count: u32, strategy: &S, check: &impl AsyncFn(&Shop, u32, S::Value)) {
    let seed = number("JOURNEY_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ now.as_secs()
    });
    let cases = number("JOURNEY_CASES").map_or(count, |cases| u32::try_from(cases).unwrap());
    println!("JOURNEY_SEED={seed} JOURNEY_CASES={cases}");
    let config = Config { cases, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shop = runtime.block_on(Shop::open());
    let next = std::cell::Cell::new(0);
    let result = runner.run(strategy, |case| {
        next.set(next.get() + 1);
        runtime.block_on(check(&shop, next.get(), case));
        Ok(())
    });
    if let Err(error) = result {
        panic!("JOURNEY_SEED={seed}: {error}");
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text}: no number")))
}
