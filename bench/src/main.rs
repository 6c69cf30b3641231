//! What the system costs and how fast it is, beside its peers: `cargo xtask bench` measures and writes `docs/benchmarks.md`.

mod client;
mod compare;
mod growth;
mod importing;
mod interceptor;
mod limit;
mod load;
mod mariadb;
mod operations;
mod prices;
mod process;
mod profile;
mod report;
mod results;
mod spread;
mod starts;
mod system;
mod workload;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use compare::Effort;
use results::{Part, Results};

/// Measures, and writes docs/benchmarks.md.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Measures only this; may be repeated. The other parts stay as they were measured before.
    #[arg(long, value_enum)]
    only: Vec<What>,
    /// A fraction of the effort: whether it works, not how fast.
    #[arg(long)]
    quick: bool,
    /// What `cargo xtask` has measured for the part `starts`.
    #[arg(long, value_name = "FILE")]
    starts: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum What {
    /// Beside the peer.
    Compare,
    /// Against the bare database operations, and with AWS's latencies.
    Limit,
    /// Start of a function, and its first request: measured by `cargo xtask`.
    Starts,
    /// Requests and units, in dollars.
    Cost,
    /// Long conversations, long inboxes, many connections.
    Growth,
    /// Where the server's processor time goes; only as `cargo xtask profile`, which builds a server whose stacks can be read.
    Profile,
    /// The importer beside a program that only writes.
    Import,
    /// Nothing: the page is written anew from what was measured before.
    Page,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Thousands of connections, here and in the servers that are started from here.
    rlimit::increase_nofile_limit(u64::MAX)?;
    tokio::runtime::Runtime::new()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<()> {
    let quick = arguments.quick;
    let wanted = |what| arguments.only.is_empty() || arguments.only.contains(&what);
    let effort = if quick {
        Effort { rounds: 1, round: Duration::from_secs(1), idle: 300 }
    } else {
        Effort { rounds: 5, round: Duration::from_secs(3), idle: 5_000 }
    };
    let prices = prices::read()?;
    let folder = tempfile::tempdir()?;
    let mut results = Results::read()?;
    if wanted(What::Compare) {
        let measured = compare::measure(&folder.path().join("compare"), effort).await?;
        results.comparison = Some(Part::new(measured, quick));
        results.write()?;
    }
    if wanted(What::Limit) {
        eprintln!("against the limit");
        let measured = limit::measure(&folder.path().join("limit"), effort.rounds, &prices).await?;
        results.limit = Some(Part::new(measured, quick));
        results.write()?;
    }
    if let Some(file) = arguments.starts.as_ref().filter(|_| wanted(What::Starts)) {
        results.starts = Some(Part::new(starts::read(file)?, false));
        results.write()?;
    }
    if wanted(What::Cost) {
        eprintln!("requests and units");
        let measured = operations::measure(&folder.path().join("cost")).await?;
        results.operations = Some(Part::new(measured, quick));
        results.write()?;
    }
    if wanted(What::Growth) {
        let measured = growth::measure(&folder.path().join("growth"), quick).await?;
        results.growth = Some(Part::new(measured, quick));
        results.write()?;
    }
    if wanted(What::Import) {
        eprintln!("orders come along");
        let measured = importing::measure(&folder.path().join("import"), effort.rounds, quick).await?;
        results.import = Some(Part::new(measured, quick));
        results.write()?;
    }
    if arguments.only.contains(&What::Profile) {
        eprintln!("where the time goes");
        results.profile = Some(Part::new(profile::measure(&folder.path().join("profile")).await?, quick));
        results.write()?;
    }
    report::write(&results, &prices)
}
