//! `cargo xtask test`: everything that can say whether the system works.

use anyhow::Result;

use crate::chore;
use crate::{generate, rest};

/// The workspace's own tests, then what the types say against what is committed, then the API against its description.
pub(crate) fn run() -> Result<()> {
    chore::run("cargo", &["test", "--workspace"])?;
    generate::check()?;
    rest::check()
}
