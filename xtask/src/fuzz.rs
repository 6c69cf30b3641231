//! `cargo xtask fuzz`: searches for bytes that make a parser fail, starting from the seeds in
//! `fuzz/seeds`.
//!
//! Inputs that reach new code are kept in the target folder, and the next run continues with them.
//! The first input that makes a check fail ends the run, and cargo-fuzz prints how to repeat it.
//! Add such an input to the seeds together with the fix.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::shell;

/// The version of cargo-fuzz. It is installed if it is missing.
const CARGO_FUZZ: &str = "0.13.2";

/// The time for each target in the test command, in seconds.
pub(crate) const SHORT: u32 = 10;

/// The checks of `fuzz/src`, each with its own seeds.
const TARGETS: [&str; 5] = ["frames", "bodies", "cursors", "tickets", "keys"];

/// How the fuzzer is built. There is no unsafe code, so it needs no sanitizer, and without a
/// sanitizer stable Rust is enough.
const BUILD: [&str; 4] = ["--sanitizer", "none", "--features", "libfuzzer"];
/// Changes to the release profile: the fuzzer need not be small, and its panics need messages.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
];

/// Runs each target for this many seconds. Fails if an input makes a check fail.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let program = shell::tools("cargo-fuzz", CARGO_FUZZ)?.join("cargo-fuzz");
    shell::run_with(&program, &[["build"].as_slice(), &BUILD].concat(), &PROFILE)?;
    for target in TARGETS {
        let found = shell::target().join("fuzz").join(target);
        fs::create_dir_all(&found)?;
        let (found, seeds) = (found.to_string_lossy(), format!("fuzz/seeds/{target}"));
        let time = format!("-max_total_time={seconds}");
        let limits = [&time, "-timeout=5", "-dict=fuzz/words.txt", "-print_final_stats=1"];
        let arguments = [["run"].as_slice(), &BUILD, &[target, &found, &seeds, "--"], &limits].concat();
        // The output is long, and is only printed if the run fails.
        let ended = shell::command(&program, &arguments).envs(PROFILE).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "{said}\n`{target}` fails on the bytes above");
        let tried = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        println!("{target}: no failure with {} inputs", tried.context("a fuzzer without statistics")?.trim());
    }
    Ok(())
}
