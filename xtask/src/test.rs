//! `cargo xtask test`: everything that can say whether the system works.

use std::path::PathBuf;
use std::thread;

use anyhow::{Result, anyhow};

use crate::sam::Sam;
use crate::{api_conformance, fuzz, generate, guard, mariadb, sam, shell, starts, web};

/// What is committed against what the types say, the workspace's own tests, a short look for bytes that a parser fails on, the
/// API against its description, the pages in a browser, the deployed system, how it starts, and what a call of a function takes.
pub(crate) fn run() -> Result<()> {
    generate::check()?;
    mariadb::install()?;
    shell::run("cargo", &["test", "--workspace"])?;
    let sam = Sam::install()?;
    // Linking eight functions one after the other takes one core for minutes, and these parts leave one free.
    let built = thread::scope(|scope| -> Result<PathBuf> {
        let building = scope.spawn(|| {
            starts::empty()?;
            sam.build()
        });
        fuzz::run(fuzz::SHORT)?;
        api_conformance::check()?;
        web::test()?;
        building.join().map_err(|_| anyhow!("the build has panicked"))?
    })?;
    sam::test(&sam, &built)?;
    guard::check(&built)?;
    starts::check(&built)
}
