//! Schemathesis, in a Python environment of its own at the root of the workspace.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::chore::{command, root, run};

/// Exact versions of it and all that it needs, so that a run today and one next year do the same.
const REQUIREMENTS: &str = "xtask/requirements.txt";

/// The program's path; installs it where it is missing or its requirements have changed.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    let environment = root().join(".venv");
    let wanted = std::fs::read_to_string(root().join(REQUIREMENTS)).context(REQUIREMENTS)?;
    let installed = environment.join("installed-requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(environment.join("bin/schemathesis"));
    }
    let new_enough = command("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status();
    ensure!(new_enough.is_ok_and(|status| status.success()), "the REST API's test needs python3, 3.11 or newer");
    run("python3", &["-m", "venv", "--clear", ".venv"])?;
    let python = environment.join("bin/python");
    run(python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS])?;
    std::fs::write(&installed, wanted)?;
    Ok(environment.join("bin/schemathesis"))
}
