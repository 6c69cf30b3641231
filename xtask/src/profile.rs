//! `cargo xtask profile`: builds a server with readable stacks, separately from the one that is
//! measured, and profiles it.

use anyhow::{Result, ensure};

use crate::shell;

/// The version of inferno, which draws the flame graph.
const INFERNO: &str = "0.12.8";

/// Builds the server and runs the `bench` program.
pub(crate) fn run() -> Result<()> {
    let has_perf = shell::command("perf", &["--version"]).output().is_ok_and(|output| output.status.success());
    ensure!(has_perf, "this needs perf: sudo apt-get install linux-perf");
    let drawing = shell::tools("inferno", INFERNO)?;

    // perf needs frame pointers to read stacks. By default the compiler leaves them out.
    let target = shell::target().join("profile");
    let build = ["build", "--profile", "fast", "--package", "local", "--package", "bench"];
    let variables = [
        ("CARGO_PROFILE_FAST_DEBUG", "line-tables-only"),
        ("CARGO_PROFILE_FAST_STRIP", "none"),
        ("CARGO_TARGET_DIR", &target.to_string_lossy()),
        ("CFLAGS", "-fno-omit-frame-pointer"),
        ("RUSTFLAGS", "-C force-frame-pointers=yes"),
    ];
    shell::run_with("cargo", &build, &variables)?;
    let path = shell::path_with(&drawing)?;
    shell::run_with(target.join("fast/bench"), &["--only", "profile"], &[("PATH", &path.to_string_lossy())])
}
