//! The data folder: its lock, and the secret that replaces those of AWS Secrets Manager.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::StartupError;
use crate::identity::new_secret;
use crate::settings::Data;

/// The file with the secret.
const SECRET: &str = "secret";
/// The minimum length of a secret, in bytes.
const SHORTEST: usize = 32;
/// The file that is locked while a gateway uses the folder. It contains the process id.
const LOCK: &str = "lock";

/// A data folder. It stays locked for other processes until this value and all its clones are
/// dropped, or until it is released.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// The operating system releases the lock when the process ends, also after a kill.
    lock: Arc<File>,
}

/// Creates and locks the folder. Returns `None` for [`Data::Memory`].
pub(crate) fn open(data: &Data) -> Result<Option<DataFolder>, StartupError> {
    let Data::Folder(path) = data else { return Ok(None) };
    let failed = |problem: io::Error| StartupError::Data { path: path.clone(), what: problem.to_string() };
    fs::create_dir_all(path).map_err(failed)?;
    let file = path.join(LOCK);
    // Not truncated: until the lock is taken, the file names the process that holds it.
    let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&file).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&file).unwrap_or_default();
            let holder = holder.lines().next().filter(|line| !line.is_empty()).unwrap_or("another process");
            return Err(StartupError::FolderInUse { path: path.clone(), holder: holder.to_owned() });
        }
        Err(TryLockError::Error(problem)) => return Err(failed(problem)),
    }
    let folder = DataFolder { path: path.clone(), lock: Arc::new(lock) };
    folder.name_holder(&format!("process {}", std::process::id()));
    Ok(Some(folder))
}

impl DataFolder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes into the lock file where this process listens. Another gateway that finds the folder
    /// locked prints it.
    pub(crate) fn listens_on(&self, address: SocketAddr) {
        self.name_holder(&format!("process {}, which listens on {address}", std::process::id()));
    }

    /// Unlocks the folder, even if clones of this value still exist.
    pub(crate) fn release(&self) {
        if let Err(problem) = self.lock.unlock() {
            tracing::warn!(%problem, "the data folder stays locked until this process ends");
        }
    }

    /// Writes the holder into the lock file. A failure is only logged: the lock works without the
    /// text.
    fn name_holder(&self, holder: &str) {
        let mut lock = &*self.lock;
        let written = lock.set_len(0).and_then(|()| io::Seek::rewind(&mut lock));
        if let Err(problem) = written.and_then(|()| writeln!(lock, "{holder}")) {
            tracing::warn!(%problem, "the process id could not be written into the lock file of the data folder");
        }
    }
}

/// Returns the secret of the folder. It is created once, so that tokens stay valid after a restart.
/// Without a folder it is new at every start.
pub(crate) fn secret(folder: Option<&DataFolder>) -> Result<String, StartupError> {
    let Some(folder) = folder else { return new_secret() };
    let path = folder.path().join(SECRET);
    let failed = |what: String| StartupError::Data { path: path.clone(), what };
    match fs::read(&path) {
        Ok(bytes) if is_torn(&bytes) => {
            eprintln!("{} is incomplete, because an earlier start could not write it. It is replaced.", path.display());
        }
        Ok(bytes) => {
            let secret = String::from_utf8(bytes)
                .map_err(|_| failed("the secret in this file is not UTF-8; delete the file".to_owned()))?;
            if secret.len() < SHORTEST {
                return Err(failed(format!(
                    "the secret in this file has fewer than {SHORTEST} bytes; delete the file"
                )));
            }
            return Ok(secret);
        }
        Err(problem) if problem.kind() == ErrorKind::NotFound => {}
        Err(problem) => return Err(failed(problem.to_string())),
    }
    let secret = new_secret()?;
    write_whole(&path, secret.as_bytes()).map_err(|problem| failed(problem.to_string()))?;
    Ok(secret)
}

/// Returns true if the file contains a secret that was not written completely. Such a secret has
/// never signed a token, because a start with a short secret fails. After a power failure a file
/// system may have kept the length but not the bytes, so a file of zeros counts too.
fn is_torn(bytes: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    bytes.iter().all(|byte| *byte == 0) || bytes.len() < SHORTEST && bytes.iter().all(is_digit)
}

/// Writes a file that only its owner can read. The file appears complete or not at all.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    let written = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // Only cleaning up: the next start would overwrite the file too.
        let _removed = fs::remove_file(&fresh);
        return written;
    }
    sync_folder_of(path)
}

/// Syncs the folder of `path`, so that a rename in it survives a power failure. Does nothing where
/// folders cannot be synced.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &Path) -> Result<DataFolder, StartupError> {
        open(&Data::Folder(path.to_owned())).map(Option::unwrap)
    }

    #[test]
    fn an_incomplete_secret_is_replaced_and_an_invalid_one_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = opened(temporary.path()).unwrap();
        let path = temporary.path().join(SECRET);
        for torn in [&b""[..], b"0a", b"0123456789abcdef0123456789abcde", &[0; 64]] {
            fs::write(&path, torn).unwrap();
            let secret = secret(Some(&folder)).unwrap();
            assert_eq!(secret.len(), 64, "{torn:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), secret);
        }
        for whole in ["correct horse", "\n"] {
            fs::write(&path, whole).unwrap();
            assert!(secret(Some(&folder)).unwrap_err().to_string().contains("fewer than 32 bytes"), "{whole:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        }
        fs::write(&path, [0xff; 64]).unwrap();
        assert!(secret(Some(&folder)).unwrap_err().to_string().contains("UTF-8"));
        fs::write(&path, "f".repeat(32)).unwrap();
        assert_eq!(secret(Some(&folder)).unwrap(), "f".repeat(32), "a secret that a person has written");
    }

    #[test]
    fn a_half_written_file_of_an_earlier_start_is_overwritten() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = opened(temporary.path()).unwrap();
        fs::write(temporary.path().join("secret.new"), "half").unwrap();
        let made = secret(Some(&folder)).unwrap();
        assert_eq!(secret(Some(&folder)).unwrap(), made);
        assert!(!temporary.path().join("secret.new").exists());
    }

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let temporary = tempfile::tempdir().unwrap();
        let first = opened(temporary.path()).unwrap();
        first.listens_on("127.0.0.1:3000".parse().unwrap());
        let refused = opened(temporary.path()).unwrap_err().to_string();
        let holder = format!("process {}, which listens on 127.0.0.1:3000", std::process::id());
        assert!(refused.contains(&holder), "{refused}");
        let clone = first.clone();
        first.release();
        opened(temporary.path()).unwrap();
        drop(clone);
    }
}
