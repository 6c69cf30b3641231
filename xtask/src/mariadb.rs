//! The importer's tests and the benchmark's peer have a real MariaDB server: Debian's, which is installed where that is possible.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::chore;

/// Installs it where it is missing. Who may not do so is told what to ask for.
pub(crate) fn install() -> Result<()> {
    if Path::new("/usr/sbin/mariadbd").exists() {
        return Ok(());
    }
    let id = chore::command("id", &["-u"]).output()?;
    let is_root = String::from_utf8_lossy(&id.stdout).trim() == "0";
    ensure!(is_root, "this needs MariaDB: sudo apt-get install mariadb-server");
    let install =
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends mariadb-server";
    chore::run("sh", &["-c", install])
}
