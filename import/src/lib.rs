//! The importer: a shop that moves here brings its orders along, with everything that was said about them.
//!
//! | file | what it is |
//! |---|---|
//! | `source/` | where orders come from: a database, JSON Lines, CSV; pages of a bounded size |
//! | `old` | an order as it was found |
//! | `translate/` | from what the old system had to what this one has; pure |
//! | `run` | the way of an order from its source to its place, many at a time |
//! | `update` | an order that is here already: what changed there since |
//! | `report`, `progress` | what people see |
//! | `settings`, `arguments` | what people say |
//!
//! **Once, however often it runs**: every id derives from an old one, so a run that repeats another, or goes on where one was
//! killed, meets what is there. An order appears in one transaction; what was imported of it is remembered beside it, and only
//! a difference to that is brought, the way every change of a conversation is. How it is stored is in `store`'s
//! `adopt` and `update`.

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

/// Everything came along.
const COMPLETE: u8 = 0;
/// Something was refused.
const REFUSED: u8 = 1;
/// It could not begin, or not go on.
const STOPPED: u8 = 2;

/// The program: what the command line asks for. Answers its exit code.
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
                eprintln!("It stopped there. Start it again: it goes on where it was.");
            }
            STOPPED
        }
    }
}

/// Fails where it cannot even begin.
fn begin(arguments: &Arguments) -> anyhow::Result<Result<ImportCounts, Stopped>> {
    let settings = Settings::read(arguments.config.as_deref())?;
    let (rules, names) = settings.split().context("the configuration")?;
    let source = Source::parse(&arguments.source()?, names, arguments.retries)?;
    let options = ImportOptions { rules, concurrency: arguments.concurrency.into(), dry_run: arguments.dry_run };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let store = Store::new(&arguments.sdk().await?, &arguments.table);
        Ok(run(source, store, options, &arguments.refused).await)
    })
}

/// What ended an import, with where that was.
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
