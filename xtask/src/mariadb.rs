//! The MariaDB server for the importer's tests and for the peer of the benchmark.

use anyhow::Result;

use crate::debian;

/// Installs the server if it is missing.
pub(crate) fn install() -> Result<()> {
    debian::install("/usr/sbin/mariadbd", "mariadb-server")
}
