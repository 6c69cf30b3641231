//! What the system costs and how fast it is, beside its peers: `cargo xtask bench` measures and writes `docs/benchmarks.md`.

mod client;
mod compare;
mod load;
mod mariadb;
mod process;
mod spread;
mod system;
mod world;

use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use compare::Effort;

/// Measures.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// A tenth of the effort: whether it works, not how fast.
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    tokio::runtime::Runtime::new()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<()> {
    let effort = if arguments.quick {
        Effort { rounds: 1, round: Duration::from_secs(1), idle: 300 }
    } else {
        Effort { rounds: 5, round: Duration::from_secs(3), idle: 5_000 }
    };
    let folder = tempfile::tempdir()?;
    let comparison = compare::measure(folder.path(), effort).await?;
    println!("{}", serde_json::to_string_pretty(&comparison)?);
    Ok(())
}
