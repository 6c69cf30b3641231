//! The embedded database engine. It creates the template's tables and answers DynamoDB's JSON
//! protocol without a socket.
//!
//! A call blocks its thread while SQLite works. This is acceptable because every invocation has its
//! own thread.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use dynoxide::{Database, DynoxideError};
use rusqlite::Connection;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::StartupError;
use crate::template::TableSpec;

/// The name of the database file in the data folder.
const FILE: &str = "dynamodb.sqlite";

/// The database of one gateway.
#[derive(Clone)]
pub(crate) struct Engine {
    database: Database,
    /// A separate connection to the same file, for checkpoints; `None` in memory.
    checkpointer: Option<Arc<Mutex<Connection>>>,
}

impl Engine {
    /// Opens the database in `folder`, or in memory. With `sync` each write is synced to the disk
    /// before it is answered.
    pub(crate) fn open(folder: Option<&Path>, sync: bool) -> Result<Self, StartupError> {
        let Some(folder) = folder else {
            let refused =
                |problem: DynoxideError| StartupError::Data { path: "in memory".into(), what: problem.to_string() };
            let database = Database::memory().map_err(refused)?;
            return Ok(Self { database, checkpointer: None });
        };
        let refused = |what: String| StartupError::Data { path: folder.to_owned(), what };
        let path = folder.join(FILE);
        let path = path.to_str().ok_or_else(|| refused("the path is not UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|problem| refused(problem.to_string()))?;
        if !sync {
            // Without `sync` SQLite does not sync after a commit. A write then survives the end of
            // this process but not a power failure, and takes a tenth of the time.
            database.disable_bulk_loading().map_err(|problem| refused(problem.to_string()))?;
        }
        let checkpointer = Connection::open(path).map_err(|problem| refused(problem.to_string()))?;
        Ok(Self { database, checkpointer: Some(Arc::new(Mutex::new(checkpointer))) })
    }

    /// Creates a table of the template if it is absent. A table that has other keys or indexes than
    /// the template is refused, because some queries would fail.
    pub(crate) fn create_table(&self, table: &TableSpec) -> Result<(), StartupError> {
        let refused = |what: String| StartupError::Table { table: table.name.clone(), what };
        let name = json!({ "TableName": table.name });
        let failed = |problem: DynoxideError| refused(problem.to_string());
        if let Ok(description) = self.answer("DescribeTable", &name.to_string()) {
            let description: Value = serde_json::from_str(&description).unwrap_or_default();
            if shape(&description["Table"]) != shape(&table.create) {
                return Err(refused(
                    "the data folder has this table with other keys or indexes; use another folder".to_owned(),
                ));
            }
        } else {
            self.answer("CreateTable", &table.create.to_string()).map_err(failed)?;
        }
        // Also for a table that existed before: the process that created it may have been killed
        // before it set the TTL.
        let described = self.answer("DescribeTimeToLive", &name.to_string()).map_err(failed)?;
        let described: Value = serde_json::from_str(&described).unwrap_or_default();
        let is_on = described["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED";
        if let Some(attribute) = table.ttl.as_ref().filter(|_| !is_on) {
            let enabled = json!({ "AttributeName": attribute, "Enabled": true });
            let request = json!({ "TableName": table.name, "TimeToLiveSpecification": enabled });
            self.answer("UpdateTimeToLive", &request.to_string()).map_err(failed)?;
        }
        Ok(())
    }

    /// Deletes expired items. DynamoDB deletes them within days, so no code may rely on the
    /// deletion.
    pub(crate) fn delete_expired(&self) {
        if let Err(problem) = self.database.sweep_ttl() {
            tracing::warn!(%problem, "expired items could not be deleted");
        }
    }

    /// Checkpoints SQLite's write-ahead log, concurrently with reads and writes. Otherwise the
    /// write that makes the log 1,000 pages long does it, and every request waits for that write
    /// and for the disk.
    pub(crate) fn checkpoint(&self) {
        let Some(checkpointer) = &self.checkpointer else { return };
        let checkpointer = checkpointer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(problem) = checkpointer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%problem, "the write-ahead log could not be checkpointed");
        }
    }

    /// Answers one request of the JSON protocol with a status and a body.
    pub(crate) fn respond(&self, operation: &str, body: &str) -> (u16, String) {
        match self.answer(operation, body) {
            Ok(answer) => (200, answer),
            Err(problem) => (problem.status_code(), problem.to_json()),
        }
    }

    fn answer(&self, operation: &str, body: &str) -> Result<String, DynoxideError> {
        let database = &self.database;
        match operation {
            "BatchGetItem" => through(body, |request| database.batch_get_item(request)),
            "BatchWriteItem" => through(body, |request| database.batch_write_item(request)),
            "CreateTable" => through(body, |request| database.create_table(request)),
            "DeleteItem" => through(body, |request| database.delete_item(request)),
            "DeleteTable" => through(body, |request| database.delete_table(request)),
            "DescribeTable" => through(body, |request| database.describe_table(request)),
            "DescribeTimeToLive" => through(body, |request| database.describe_time_to_live(request)),
            "GetItem" => through(body, |request| database.get_item(request)),
            "ListTables" => through(body, |request| database.list_tables(request)),
            "PutItem" => through(body, |request| database.put_item(request)),
            "Query" => through(body, |request| database.query(request)),
            "Scan" => through(body, |request| database.scan(request)),
            "TransactGetItems" => through(body, |request| database.transact_get_items(request)),
            "TransactWriteItems" => through(body, |request| database.transact_write_items(request)),
            "UpdateItem" => through(body, |request| database.update_item(request)),
            "UpdateTimeToLive" => through(body, |request| database.update_time_to_live(request)),
            unknown => Err(DynoxideError::ValidationException(format!("the local gateway does not support {unknown}"))),
        }
    }
}

/// The keys and the sorted indexes of a table, from its description or from its `CreateTable`
/// request.
fn shape(table: &Value) -> (Value, Vec<(String, Value, Value)>) {
    let none = Vec::new();
    let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap_or(&none).iter();
    let name = |index: &Value| index["IndexName"].as_str().unwrap_or_default().to_owned();
    let mut indexes: Vec<_> = indexes
        .map(|index| (name(index), index["KeySchema"].clone(), index["Projection"]["ProjectionType"].clone()))
        .collect();
    indexes.sort_by(|a, b| a.0.cmp(&b.0));
    (table["KeySchema"].clone(), indexes)
}

fn through<Request, Response>(
    body: &str,
    call: impl FnOnce(Request) -> Result<Response, DynoxideError>,
) -> Result<String, DynoxideError>
where
    Request: DeserializeOwned,
    Response: Serialize,
{
    let request = serde_json::from_str(body).map_err(|problem| unreadable(&problem.to_string()))?;
    let response = call(request)?;
    serde_json::to_string(&response).map_err(|problem| DynoxideError::InternalServerError(problem.to_string()))
}

/// Converts a parse error of the engine's types to DynamoDB's error. A prefix marks a value
/// that DynamoDB would parse and then reject. Everything else is a malformed request.
fn unreadable(problem: &str) -> DynoxideError {
    let problem = problem.split(" at line ").next().unwrap_or(problem);
    match problem.strip_prefix("VALIDATION:").or_else(|| problem.strip_prefix("VALIDATION_REQUEST:")) {
        Some(message) => DynoxideError::ValidationException(message.to_owned()),
        None => DynoxideError::SerializationException(problem.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_copies_writes_into_the_file() {
        let (folder, copied) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let engine = Engine::open(Some(folder.path()), false).unwrap();
        let table = json!({ "TableName": "table", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }] });
        engine.answer("CreateTable", &table.to_string()).unwrap();
        let item = json!({ "TableName": "table", "Item": { "pk": { "S": "written" } } });
        engine.answer("PutItem", &item.to_string()).unwrap();

        engine.checkpoint();

        // The write-ahead log is another file and is not copied.
        std::fs::copy(folder.path().join(FILE), copied.path().join(FILE)).unwrap();
        let copy = Engine::open(Some(copied.path()), false).unwrap();
        let got = copy.answer("GetItem", r#"{"TableName":"table","Key":{"pk":{"S":"written"}}}"#).unwrap();
        assert!(got.contains("written"), "{got}");
    }

    /// The file does not grow if the same number of tickets, 6,000, is created and deleted again.
    #[test]
    fn deleted_items_free_space() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(Some(folder.path()), false).unwrap();
        let create = json!({ "TableName": "table", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }] });
        engine.create_table(&TableSpec { name: "table".to_owned(), create, ttl: Some("ttl".to_owned()) }).unwrap();
        let pages = || {
            let checkpointer = engine.checkpointer.as_ref().unwrap().lock().unwrap();
            checkpointer.query_row("PRAGMA page_count", [], |row| row.get::<_, u32>(0)).unwrap()
        };
        let mut rounds = Vec::new();
        for round in 0..3 {
            for n in 0..6_000 {
                let item = json!({ "pk": { "S": format!("T#{round}-{n}") }, "w": { "S": "x".repeat(200) },
                    "ttl": { "N": "1" } });
                engine.answer("PutItem", &json!({ "TableName": "table", "Item": item }).to_string()).unwrap();
            }
            rounds.push(pages());
            engine.delete_expired();
            let left = engine.answer("Scan", r#"{"TableName":"table"}"#).unwrap();
            assert!(left.contains(r#""Count":0"#), "{left}");
        }
        assert!(rounds[2] <= rounds[0] + rounds[0] / 10, "{rounds:?} pages");
    }
}
