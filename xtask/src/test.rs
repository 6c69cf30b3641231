//! `cargo xtask test`: everything that can say whether the system works.

use anyhow::Result;

use crate::chore;
use crate::{fuzz, generate, guard, mariadb, rest, sam, web};

/// What is committed against what the types say, the workspace's own tests, a short look for bytes that a parser fails on, the
/// API against its description, the pages in a browser, the deployed system, and what a call of a function takes.
pub(crate) fn run() -> Result<()> {
    generate::check()?;
    mariadb::install()?;
    chore::run("cargo", &["test", "--workspace"])?;
    fuzz::run(fuzz::SHORT)?;
    rest::check()?;
    web::test()?;
    sam::test()?;
    guard::run(false)
}
