//! Python tools. Each set of tools has its own virtual environment in `.venv`, so that their
//! dependencies do not conflict.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::shell::{command, lock, root, run};

/// Returns the folder with the programs of the environment `name`. It contains exactly the versions
/// in the file `requirements`. It is created if it is missing or if the file has changed.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let _alone = lock(&format!("python-{name}"))?;
    let folder = root().join(".venv").join(name);
    let programs = folder.join("bin");
    let wanted = std::fs::read_to_string(root().join(requirements)).with_context(|| requirements.to_owned())?;
    let installed = folder.join("installed-requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(programs);
    }
    let new_enough = command("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status();
    ensure!(new_enough.is_ok_and(|status| status.success()), "the tests need python3, 3.11 or newer");
    let folder = folder.to_string_lossy();
    run("python3", &["-m", "venv", "--clear", &folder])?;
    let python = programs.join("python");
    run(python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements])?;
    std::fs::write(&installed, wanted)?;
    Ok(programs)
}
