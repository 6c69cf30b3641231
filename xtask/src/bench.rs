//! `cargo xtask bench`: what the system costs and how fast it is, beside its peer. Writes `docs/benchmarks.md`.

use anyhow::Result;

use crate::chore;
use crate::mariadb;
use crate::web::npm;

/// Installs what the peer needs, builds both programs as they are shipped, and measures. `arguments` go to the `bench` program.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    mariadb::install()?;
    npm("bench/peers/socketio", &["ci", "--no-audit", "--no-fund"], |_| {})?;
    chore::run("cargo", &["build", "--profile", "fast", "--package", "local", "--package", "bench"])?;
    let program = chore::target().join(format!("fast/bench{}", std::env::consts::EXE_SUFFIX));
    chore::run(program, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}
