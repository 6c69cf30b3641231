//! The importer: a shop that moves here brings its orders along, with everything that was said about them.
//!
//! | file | what it is |
//! |---|---|
//! | `source/` | where orders come from: a database, JSON Lines, CSV; pages of a bounded size |
//! | `old` | an order as it was found |
//! | `translate/` | from what the old system had to what this one has; pure |
//! | `run` | the way of an order from its source to its place, many at a time |
//! | `catch_up` | an order that is here already: what changed there since |
//! | `report`, `progress` | what people see |
//! | `settings`, `arguments` | what people say |
//!
//! **Once, however often it runs**: every id derives from an old one, so a run that repeats another, or goes on where one was
//! killed, meets what is there. An order appears in one transaction; what was imported of it is remembered beside it, and only
//! a difference to that is brought, the way every change of a conversation is. How it is stored is in `store`'s
//! `adopt` and `catch_up`.

mod arguments;
mod catch_up;
mod old;
mod progress;
mod report;
mod retry;
mod run;
mod settings;
mod source;
mod translate;

use clap::Parser;
use std::ffi::OsString;
use store::Store;

use arguments::Arguments;
pub use report::Tally;
pub use run::{Manner, Stopped, run};
pub use settings::{Names, Rules, Settings};
pub use source::{Broken, Source};

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
    match begin(&arguments) {
        Ok(tally) => {
            println!("{}", tally.summary(arguments.dry_run, &arguments.refused));
            if tally.is_complete() { COMPLETE } else { REFUSED }
        }
        Err(problem) => {
            eprintln!("order-chat-import: {problem:#}");
            STOPPED
        }
    }
}

fn begin(arguments: &Arguments) -> anyhow::Result<Tally> {
    let (rules, names) = Settings::read(arguments.config.as_deref())?.split()?;
    let source = Source::parse(&arguments.source()?, names, arguments.retries)?;
    let manner = Manner { rules, concurrency: arguments.concurrency.into(), dry_run: arguments.dry_run };
    let runtime = tokio::runtime::Runtime::new()?;
    let tally = runtime.block_on(async {
        let store = Store::new(&arguments.sdk().await, &arguments.table);
        run(source, store, manner, &arguments.refused).await
    });
    Ok(tally?)
}
