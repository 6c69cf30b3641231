//! Random cases: drawn anew in each run, checked on all cores, and each can be repeated alone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::deployment::Deployment;
use crate::{asked, number};

/// The variables that say which seeds to check.
pub struct Variables {
    /// The first seed; drawn where it is not set.
    pub seed: &'static str,
    /// How many seeds from there on.
    pub count: &'static str,
}

const JOURNEY: Variables = Variables { seed: "JOURNEY_SEED", count: "JOURNEY_CASES" };

/// Checks `count` seeds in a row, times `TEST_DEPTH`; or as many as `variables` say. Prints them, and how to repeat one that fails.
pub fn seeds(variables: &Variables, count: u64, check: impl Fn(u64) + Sync) {
    let first = asked(variables.seed).unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let count = number(variables.count, count * number("TEST_DEPTH", 1));
    println!("{}={first} {}={count}", variables.seed, variables.count);
    // A deployed system has one table, which one case at a time writes to.
    let threads = if Deployment::is_named() { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let seed = first.wrapping_add(number);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(seed))) {
                // The others end after the seed that they are at.
                next.store(count, Ordering::Relaxed);
                eprintln!("Seed {seed} fails. To repeat it: {}={seed} {}=1", variables.seed, variables.count);
                resume_unwind(panic);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
}

/// Checks `count` cases, as [`seeds`] does by `JOURNEY_SEED` and `JOURNEY_CASES`.
///
/// `check` gets a number that is no other case's, to name its people by. A case that fails is made smaller before it is shown.
pub fn cases<S: Strategy>(count: u64, strategy: impl Fn() -> S + Sync, check: &(impl AsyncFn(u64, S::Value) + Sync)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A case that is made smaller runs again, and must not meet what it left.
    let runs = AtomicU64::new(1);
    seeds(&JOURNEY, count, |seed| {
        let config = Config { cases: 1, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let result = runner.run(&strategy(), |case| {
            runtime.block_on(check(runs.fetch_add(1, Ordering::Relaxed), case));
            Ok(())
        });
        if let Err(error) = result {
            panic!("{error}");
        }
    });
}
