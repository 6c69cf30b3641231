//! Installs programs from Debian packages.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::shell;

/// Installs `package` if its `program` is missing. Without root rights the error names the command
/// to run.
pub(crate) fn install(program: &str, package: &str) -> Result<()> {
    // Two runs of apt at the same time would fail.
    let _alone = shell::lock("apt")?;
    if Path::new(program).exists() {
        return Ok(());
    }
    let id = shell::command("id", &["-u"]).output()?;
    let is_root = String::from_utf8_lossy(&id.stdout).trim() == "0";
    ensure!(is_root, "{program} is missing: sudo apt-get install {package}");
    let install = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends";
    shell::run("sh", &["-c", &format!("{install} {package}")])
}
