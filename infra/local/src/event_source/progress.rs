//! How far each event source mapping has come in its stream, and the batches that were given up.
//!
//! On AWS, Lambda keeps the first and SQS the second. Here both are in a file of their own in the
//! data folder; without a folder they are lost with the process, like the table.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection as Database, OptionalExtension};
use serde_json::Value;

use crate::StartupError;

/// The name of the file in the data folder.
const FILE: &str = "streams.sqlite";

const TABLES: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS positions (mapping TEXT PRIMARY KEY, sequence_number TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL);";

/// The positions and the queues of this process.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<Database>>);

impl Progress {
    /// Opens the file in `folder`, or keeps everything in memory.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, StartupError> {
        let path = folder.map(|folder| folder.join(FILE));
        let opened = || {
            let database = path.as_ref().map_or_else(Database::open_in_memory, Database::open)?;
            database.execute_batch(TABLES)?;
            Ok::<_, rusqlite::Error>(database)
        };
        let database = opened().map_err(|problem| StartupError::Data {
            path: path.clone().unwrap_or_else(|| "in memory".into()),
            what: problem.to_string(),
        })?;
        Ok(Self(Arc::new(Mutex::new(database))))
    }

    /// The sequence number of the last record that `mapping` is done with.
    pub(super) fn position(&self, mapping: &str) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT sequence_number FROM positions WHERE mapping = ?1";
        self.database().query_row(sql, [mapping], |row| row.get(0)).optional()
    }

    /// Stores that `mapping` is done with everything up to this record.
    pub(super) fn advance(&self, mapping: &str, sequence_number: &str) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO positions (mapping, sequence_number) VALUES (?1, ?2)";
        self.database().execute(sql, [mapping, sequence_number]).map(drop)
    }

    /// Sends a message to a queue.
    pub(super) fn send(&self, queue: &str, message: &Value) -> rusqlite::Result<()> {
        let sql = "INSERT INTO messages (queue, body) VALUES (?1, ?2)";
        self.database().execute(sql, [queue, &message.to_string()]).map(drop)
    }

    /// The messages of a queue, oldest first.
    pub(crate) fn messages(&self, queue: &str) -> rusqlite::Result<Vec<Value>> {
        let database = self.database();
        let mut rows = database.prepare("SELECT body FROM messages WHERE queue = ?1 ORDER BY id")?;
        let bodies = rows.query_map([queue], |row| row.get::<_, String>(0))?;
        bodies.map(|body| body.map(|body| serde_json::from_str(&body).unwrap_or_default())).collect()
    }

    fn database(&self) -> std::sync::MutexGuard<'_, Database> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
