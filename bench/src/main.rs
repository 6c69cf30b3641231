//! Measures what the system costs and how fast it is, compared with a similar system: the peer.
//! `cargo xtask bench` runs it and writes `docs/benchmarks.md`.

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
mod tab;
mod workload;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use compare::Effort;
use results::{Part, Results};

/// Runs the benchmarks and writes docs/benchmarks.md.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Run only this part; may be repeated. The other parts keep their earlier results.
    #[arg(long, value_enum)]
    only: Vec<What>,
    /// Run with little effort, to see that the benchmarks work. The numbers mean little.
    #[arg(long)]
    quick: bool,
    /// The results of `cargo xtask starts`, for the part `starts`.
    #[arg(long, value_name = "FILE")]
    starts: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum What {
    /// Latency, throughput and memory, compared with the peer.
    Compare,
    /// Sending a message compared with its database operations alone, and with AWS's latencies.
    Limit,
    /// Cold start of the functions, and a function's first request. Measured by `cargo xtask`.
    Starts,
    /// Requests and capacity units of a message, in dollars.
    Cost,
    /// Long conversations, long inboxes, many connections.
    Growth,
    /// Where the server spends its processor time. Only with `cargo xtask profile`, which builds a
    /// server with readable stacks.
    Profile,
    /// The importer, compared with a program that only writes the same items.
    Import,
    /// An open tab in which nothing happens, in dollars.
    Idle,
    /// Measure nothing, only write the page from earlier results.
    Page,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // This process and the servers it starts have thousands of connections.
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
        eprintln!("sending a message compared with its database operations");
        let measured = limit::measure(&folder.path().join("limit"), effort.rounds, &prices).await?;
        results.limit = Some(Part::new(measured, quick));
        results.write()?;
    }
    if let Some(file) = arguments.starts.as_ref().filter(|_| wanted(What::Starts)) {
        results.starts = Some(Part::new(starts::read(file)?, false));
        results.write()?;
    }
    if wanted(What::Cost) {
        eprintln!("requests and capacity units");
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
        eprintln!("importing orders");
        let measured = importing::measure(&folder.path().join("import"), effort.rounds, quick).await?;
        results.import = Some(Part::new(measured, quick));
        results.write()?;
    }
    if wanted(What::Idle) {
        eprintln!("a day of an open tab");
        results.tabs = Some(Part::new(tab::measure().await?, quick));
        results.write()?;
    }
    if arguments.only.contains(&What::Profile) {
        eprintln!("profiling");
        results.profile = Some(Part::new(profile::measure(&folder.path().join("profile")).await?, quick));
        results.write()?;
    }
    report::write(&results, &prices)
}
