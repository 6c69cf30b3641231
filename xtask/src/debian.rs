//! Programs that come from Debian: installed where that is possible.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::shell;

/// Installs `package`, which `program` is in, where it is missing. Who may not do so is told what to ask for.
pub(crate) fn install(program: &str, package: &str) -> Result<()> {
    // Two at a time would be in each other's way.
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
