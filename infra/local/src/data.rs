//! The data folder: the database, and the secret that stands in for those of AWS Secrets Manager.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::StartupError;
use crate::identity::new_secret;
use crate::settings::Data;

/// What the secret is kept in.
const SECRET: &str = "secret";

/// Makes the folder if there is to be one.
pub(crate) fn folder(data: &Data) -> Result<Option<PathBuf>, StartupError> {
    match data {
        Data::Memory => Ok(None),
        Data::Folder(path) => match fs::create_dir_all(path) {
            Ok(()) => Ok(Some(path.clone())),
            Err(problem) => Err(StartupError::Data { path: path.clone(), what: problem.to_string() }),
        },
    }
}

/// The secret of this folder, made once, so that tokens outlive a restart; without a folder a new one.
pub(crate) fn secret(folder: Option<&Path>) -> Result<String, StartupError> {
    let Some(folder) = folder else { return new_secret() };
    let refused = |problem: std::io::Error| StartupError::Data { path: folder.to_owned(), what: problem.to_string() };
    let path = folder.join(SECRET);
    match fs::read_to_string(&path) {
        Ok(secret) if secret.len() >= 32 => Ok(secret),
        Ok(_) => Err(StartupError::Data { path, what: "this secret has fewer than 32 bytes; delete it".to_owned() }),
        Err(problem) if problem.kind() == ErrorKind::NotFound => {
            let secret = new_secret()?;
            private().open(&path).and_then(|mut file| file.write_all(secret.as_bytes())).map_err(refused)?;
            Ok(secret)
        }
        Err(problem) => Err(refused(problem)),
    }
}

/// A new file that only its owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
