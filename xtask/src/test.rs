//! `cargo xtask test`: everything that can say whether the system works.

use anyhow::Result;

use crate::chore;
use crate::{generate, mariadb, rest, web};

/// What is committed against what the types say, the workspace's own tests, the API against its description.
pub(crate) fn run() -> Result<()> {
    generate::check()?;
    mariadb::install()?;
    chore::run("cargo", &["test", "--workspace"])?;
    rest::check()?;
    web::test()
}
