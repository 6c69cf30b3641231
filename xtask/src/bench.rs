//! `cargo xtask bench`: measures costs and speed beside a peer, and writes `docs/benchmarks.md`.

use anyhow::Result;

use crate::mariadb;
use crate::sam::Sam;
use crate::shell;
use crate::starts::Starts;
use crate::web::{self, npm};

/// Installs what the peer and the web client need, builds both programs in their release form, and
/// runs the `bench` program with `arguments`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    mariadb::install()?;
    if wants(&arguments, "idle") {
        web::install()?;
    }
    npm("bench/peers/socketio", &["ci", "--no-audit", "--no-fund"], |_| {})?;
    shell::run("cargo", &["build", "--profile", "fast", "--package", "local", "--package", "bench"])?;
    let program = shell::target().join(format!("fast/bench{}", std::env::consts::EXE_SUFFIX));
    let starts = shell::target().join("starts.json");
    let starts = starts.to_string_lossy();
    if wants(&arguments, "starts") {
        std::fs::write(&*starts, Starts::measure(&Sam::install()?.build()?)?.to_json().to_string())?;
        arguments.extend(["--starts", &starts]);
    }
    shell::run(program, &arguments)
}

/// Returns true if the `bench` program will run this part, by its name or as one of all.
fn wants(arguments: &[&str], part: &str) -> bool {
    let only = |it: &&str| it.starts_with("--only");
    !arguments.iter().any(only) || arguments.iter().any(|it| it.trim_start_matches("--only=") == part)
}
