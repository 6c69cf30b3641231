//! Runs random test cases on all cores. Each run draws new ones, and each case can be repeated
//! alone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::deployment::Deployment;
use crate::{asked, number};

/// The names of the environment variables that select the seeds to check.
pub struct Variables {
    /// The first seed. A random one is drawn if this variable is not set.
    pub seed: &'static str,
    /// The number of seeds, starting with the first.
    pub count: &'static str,
}

/// Checks `count` consecutive seeds, multiplied by `TEST_DEPTH`. `variables` can set another first
/// seed and number. Prints both, and how to repeat a seed that fails.
pub fn seeds(variables: &Variables, count: u64, check: impl Fn(u64) + Sync) {
    let first = asked(variables.seed).unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let count = number(variables.count, count * number("TEST_DEPTH", 1));
    println!("{}={first} {}={count}", variables.seed, variables.count);
    // A deployed system has only one table, so only one case at a time may write to it.
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
                // The other threads stop after their current seed.
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

/// Checks `count` cases. `variables` can select others, as in [`seeds`].
///
/// `check` gets a number that no other case gets. It makes the names of the case's users unique. A
/// case that fails is reduced to a smaller one (shrinking) before it is printed.
pub fn cases<S: Strategy>(
    variables: &Variables,
    count: u64,
    strategy: impl Fn() -> S + Sync,
    check: &(impl AsyncFn(u64, S::Value) + Sync),
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // Shrinking runs a case again. Each run has a new number, so it does not see data of the run
    // before.
    let runs = AtomicU64::new(1);
    seeds(variables, count, |seed| {
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
