//! `cargo xtask fuzz`: looks for bytes that a parser fails on, from the seeds in `fuzz/seeds` on.
//!
//! What it finds that leads somewhere new is kept below the target folder, where the next run goes on. Bytes that a check fails on
//! end it, and cargo-fuzz says how to see the failure again; they belong among the seeds, with what is mended.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::shell;

/// The version of cargo-fuzz that is installed where it is missing.
const CARGO_FUZZ: &str = "0.13.2";

/// Seconds for each target in the test command.
pub(crate) const SHORT: u32 = 10;

/// The checks of `fuzz/src`, each with its own seeds.
const TARGETS: [&str; 5] = ["frames", "bodies", "cursors", "tickets", "keys"];

/// How the fuzzer's program is built. There is no unsafe code for a sanitizer to look into, and without one stable Rust is enough.
const BUILD: [&str; 4] = ["--sanitizer", "none", "--features", "libfuzzer"];
/// It need be neither small nor mute, as what is deployed is.
const PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2"),
    ("CARGO_PROFILE_RELEASE_LTO", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
];

/// Fails where bytes are found, within so many seconds for each target, that a check fails on.
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
        // It talks all the time; what it says matters where it ends badly.
        let ended = shell::command(&program, &arguments).envs(PROFILE).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "{said}\n`{target}` fails on the bytes above");
        let tried = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        println!("{target}: nothing found, of {} inputs", tried.context("a fuzzer without statistics")?.trim());
    }
    Ok(())
}
