//! The importer's tests and the benchmark's peer have a real MariaDB server.

use anyhow::Result;

use crate::debian;

/// Installs it where it is missing.
pub(crate) fn install() -> Result<()> {
    debian::install("/usr/sbin/mariadbd", "mariadb-server")
}
