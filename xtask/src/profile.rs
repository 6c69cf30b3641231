//! `cargo xtask profile`: a server whose stacks can be read, built beside the one that is measured, and what they say.

use anyhow::{Result, ensure};

use crate::chore;

/// The version of inferno that draws the flame graph.
const INFERNO: &str = "0.12.8";

/// Builds, and has the `bench` program look.
pub(crate) fn run() -> Result<()> {
    let has_perf = chore::command("perf", &["--version"]).output().is_ok_and(|output| output.status.success());
    ensure!(has_perf, "this needs perf: sudo apt-get install linux-perf");
    let drawing = chore::tools("inferno", INFERNO)?;

    // Stacks are followed by frame pointers, which the compiler does without where it may.
    let target = chore::target().join("profile");
    let flags = [r#"profile.fast.debug="line-tables-only""#, r#"profile.fast.strip="none""#];
    let mut build =
        chore::command("cargo", &["build", "--profile", "fast", "--package", "local", "--package", "bench"]);
    for flag in flags {
        build.args(["--config", flag]);
    }
    build.env("RUSTFLAGS", "-C force-frame-pointers=yes").env("CFLAGS", "-fno-omit-frame-pointer");
    ensure!(build.env("CARGO_TARGET_DIR", &target).status()?.success(), "it does not build");

    let mut path = vec![drawing];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut bench = chore::command(target.join("fast/bench"), &["--only", "profile"]);
    ensure!(bench.env("PATH", std::env::join_paths(path)?).status()?.success(), "nothing was measured");
    Ok(())
}
