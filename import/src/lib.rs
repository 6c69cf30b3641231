//! The importer: copies the orders and conversations of an older system into the order-chat table.
//!
//! | file | content |
//! |---|---|
//! | `source/` | reads orders from a database, JSON Lines or CSV, in pages of a bounded size |
//! | `legacy` | an order as it was read |
//! | `translate/` | converts a legacy order to an order with its conversation; pure functions |
//! | `run` | reads, translates, looks up and writes many orders concurrently |
//! | `update` | brings an order that was imported before up to date |
//! | `report`, `progress` | the summary, the file of refusals, the progress bar |
//! | `settings`, `arguments` | the configuration file and the command line |
//!
//! **An import is idempotent.** Every id is derived from an id of the old system. So a run that
//! repeats another one, or continues one that was killed, finds what is already stored. An order
//! and its conversation appear in one transaction. An import record beside the order holds a
//! fingerprint of what was imported. A later run writes only the differences to it, in the same way
//! as every other change of a conversation. How an imported order is stored is in `store`'s
//! `import` and `update_import`.

mod arguments;
mod legacy;
mod progress;
mod report;
mod retry;
mod run;
mod settings;
mod source;
mod translate;
mod update;

use std::ffi::OsString;
use std::time::Instant;

use anyhow::Context;
use clap::Parser;
use store::Store;

use arguments::Arguments;
pub use report::ImportCounts;
pub use run::{ImportOptions, StopReason, Stopped, run};
pub use settings::{Names, Rules, Settings};
pub use source::{Source, SourceError};

/// The exit code when everything was imported.
const COMPLETE: u8 = 0;
/// The exit code when some rows were refused.
const REFUSED: u8 = 1;
/// The exit code when the import could not start or continue.
const STOPPED: u8 = 2;

/// Runs the importer with these command line arguments and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(problem) => {
            let _ = problem.print();
            return u8::try_from(problem.exit_code()).unwrap_or(STOPPED);
        }
    };
    let began = Instant::now();
    let (counts, problem) = match begin(&arguments) {
        Ok(Ok(counts)) => (counts, None),
        Ok(Err(Stopped { why, counts })) => (counts, Some(with_location(why, &arguments))),
        Err(problem) => (ImportCounts::default(), Some(problem)),
    };
    if problem.is_none() || counts.read > 0 {
        println!("{}", counts.summary(began.elapsed(), arguments.dry_run, &arguments.refused));
    }
    match problem {
        None if counts.is_complete() => COMPLETE,
        None => REFUSED,
        Some(problem) => {
            eprintln!("order-chat-import: {problem:#}");
            if counts.read > 0 {
                eprintln!("The import stopped. Start it again: it continues where it stopped.");
            }
            STOPPED
        }
    }
}

/// Reads the configuration and runs the import. The outer error means that the import could not
/// start, the inner one that it stopped.
fn begin(arguments: &Arguments) -> anyhow::Result<Result<ImportCounts, Stopped>> {
    let settings = Settings::read(arguments.config.as_deref())?;
    let (rules, names) = settings.split().context("the configuration is invalid")?;
    let source = Source::parse(&arguments.source()?, names, arguments.retries)?;
    let options = ImportOptions { rules, concurrency: arguments.concurrency.into(), dry_run: arguments.dry_run };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Store::new(&arguments.sdk().await?, &arguments.table);
        Ok(run(source, store, options, &arguments.refused).await)
    })
}

/// The error that stopped an import, with the table or file it concerns.
fn with_location(why: StopReason, arguments: &Arguments) -> anyhow::Error {
    let Arguments { table, local, refused, .. } = arguments;
    match why {
        StopReason::Table(problem) => {
            let at = local.as_ref().map_or("on AWS".to_owned(), |url| format!("at {url}"));
            anyhow::Error::new(problem).context(format!("the table {table} {at}"))
        }
        StopReason::Refusals(problem) => {
            anyhow::Error::new(problem).context(format!("{} cannot be written", refused.display()))
        }
        why => why.into(),
    }
}
