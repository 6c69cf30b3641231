//! A list of the open connections on disk. After a kill the next start ends them.
//!
//! On AWS, API Gateway keeps its connections outside of any machine. Here they are in a file of
//! their own in the data folder. A row is written at the start of a connection and deleted after
//! `$disconnect` has answered. Rows that are left at a start were open when the earlier process
//! ended.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection as Database;

use super::connections::Connection;
use crate::StartupError;

/// The name of the file in the data folder.
const FILE: &str = "connections.sqlite";

/// `alive` has one row with the time at which the process was last known to run, in milliseconds
/// since 1970.
const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS connections (id TEXT PRIMARY KEY, connection TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS alive (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);";

/// The open connections of this process. They are on disk only if there is a data folder.
#[derive(Clone, Default)]
pub(crate) struct OpenConnections(Option<Arc<Mutex<Database>>>);

/// What a killed process left in the file.
pub(crate) struct LeftBehind {
    /// The connections that were open.
    pub(super) connections: Vec<Connection>,
    /// When that process was last known to run, in milliseconds since 1970.
    pub(super) alive_at: i64,
}

impl OpenConnections {
    /// Opens the list in `folder`, and returns it with what an earlier process left there.
    pub(crate) fn open(folder: Option<&Path>) -> Result<(Self, LeftBehind), StartupError> {
        let Some(folder) = folder else {
            return Ok((Self(None), LeftBehind { connections: Vec::new(), alive_at: 0 }));
        };
        let path = folder.join(FILE);
        let read = || {
            let database = Database::open(&path)?;
            database.execute_batch(TABLES)?;
            let left = left_behind(&database)?;
            Ok::<_, rusqlite::Error>((Self(Some(Arc::new(Mutex::new(database)))), left))
        };
        read().map_err(|problem| StartupError::Data { path: path.clone(), what: problem.to_string() })
    }

    /// Adds a connection.
    pub(super) fn add(&self, connection: &Connection) {
        let sql = "INSERT OR REPLACE INTO connections (id, connection) VALUES (?1, ?2)";
        self.write(|database| database.execute(sql, (&connection.id, connection.to_json())));
    }

    /// Removes a connection after its `$disconnect` has answered.
    pub(super) fn remove(&self, id: &str) {
        self.write(|database| database.execute("DELETE FROM connections WHERE id = ?1", [id]));
    }

    /// Writes the current time as the last time at which this process is known to run.
    pub(crate) fn mark_alive(&self) {
        let sql = "INSERT OR REPLACE INTO alive (one, at) VALUES (1, ?1)";
        self.write(|database| database.execute(sql, [Timestamp::now().as_millisecond()]));
    }

    /// A failed write is only logged, for example on a full disk. Then the next start after a kill
    /// lacks this row.
    fn write(&self, write: impl FnOnce(&Database) -> rusqlite::Result<usize>) {
        let Some(database) = &self.0 else { return };
        if let Err(problem) = write(&database.lock().unwrap_or_else(PoisonError::into_inner)) {
            tracing::warn!(%problem, "the list of open connections on disk could not be updated");
        }
    }
}

fn left_behind(database: &Database) -> rusqlite::Result<LeftBehind> {
    let mut rows = database.prepare("SELECT id, connection FROM connections")?;
    let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let connections = rows.iter().filter_map(|(id, json)| Connection::from_json(id, json)).collect();
    let alive_at = database.query_row("SELECT max(at) FROM alive", [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(LeftBehind { connections, alive_at: alive_at.unwrap_or_default() })
}
