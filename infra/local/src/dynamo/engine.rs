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
use crate::aws::{REGION, stream_arn};
use crate::template::TableSpec;

/// The name of the database file in the data folder.
const FILE: &str = "dynamodb.sqlite";

/// The engine numbers each record of a stream by the highest number so far, and finds it by reading
/// every record. With this index a write takes the same time however many records there are.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS order_chat_stream_records
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// How long a stream keeps its records, in seconds.
const STREAM_RETENTION: i64 = 24 * 60 * 60;

/// How many records of streams are deleted at once.
const TRIMMED_AT_ONCE: usize = 1_000;

/// Deletes the oldest records up to the first that was written at `?1` or later. Ids are in the
/// order of the writes, so no newer record is read.
const TRIM_STREAMS: &str = "DELETE FROM _stream_records WHERE id < coalesce(
        (SELECT id FROM _stream_records WHERE created_at >= ?1 ORDER BY id LIMIT 1), 9223372036854775807)
    AND id < (SELECT min(id) + 1000 FROM _stream_records)";

/// The database of one gateway.
#[derive(Clone)]
pub(crate) struct Engine {
    database: Database,
    /// A separate connection to the same file, for checkpoints and streams; `None` in memory.
    beside: Option<Arc<Mutex<Connection>>>,
}

impl Engine {
    /// Opens the database in `folder`, or in memory. With `sync` each write is synced to the disk
    /// before it is answered.
    pub(crate) fn open(folder: Option<&Path>, sync: bool) -> Result<Self, StartupError> {
        let Some(folder) = folder else {
            let refused =
                |problem: DynoxideError| StartupError::Data { path: "in memory".into(), what: problem.to_string() };
            let database = Database::memory().map_err(refused)?;
            return Ok(Self { database, beside: None });
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
        let beside = Connection::open(path).map_err(|problem| refused(problem.to_string()))?;
        Ok(Self { database, beside: Some(Arc::new(Mutex::new(beside))) })
    }

    /// Creates a table of the template if it is absent, and indexes that a table of a version before
    /// lacks. A table that has other keys or indexes than the template is refused, because some queries
    /// would fail.
    pub(crate) fn create_table(&self, table: &TableSpec) -> Result<(), StartupError> {
        let refused = |what: String| StartupError::Table { table: table.name.clone(), what };
        let name = json!({ "TableName": table.name });
        let failed = |problem: DynoxideError| refused(problem.to_string());
        let mut has_stream = false;
        if let Ok(description) = self.answer("DescribeTable", &name.to_string()) {
            let description: Value = serde_json::from_str(&description).unwrap_or_default();
            let lacking = lacking_indexes(&description["Table"], &table.create).ok_or_else(|| {
                refused("the data folder has this table with other keys or indexes; use another folder".to_owned())
            })?;
            for index in lacking {
                let request = json!({
                    "TableName": table.name,
                    "AttributeDefinitions": table.create["AttributeDefinitions"],
                    "GlobalSecondaryIndexUpdates": [{ "Create": index }],
                });
                through(&request.to_string(), |request| self.database.update_table(request)).map_err(failed)?;
            }
            has_stream = description["Table"]["StreamSpecification"]["StreamEnabled"] == true;
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
        if table.stream.is_some() {
            self.index_streams().map_err(refused)?;
        }
        if has_stream != table.stream.is_some() {
            let mut stream = json!({ "StreamEnabled": table.stream.is_some() });
            if let Some(view) = &table.stream {
                stream["StreamViewType"] = view.as_str().into();
            }
            let request = json!({ "TableName": table.name, "StreamSpecification": stream });
            through(&request.to_string(), |request| self.database.update_table(request)).map_err(failed)?;
        }
        Ok(())
    }

    /// Adds the index for streams, if it is absent. In memory there is no second connection, so the
    /// empty database is written to a file, gets the index there, and is read again.
    fn index_streams(&self) -> Result<(), String> {
        if let Some(beside) = &self.beside {
            let beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
            return beside.execute_batch(STREAM_INDEX).map_err(|problem| problem.to_string());
        }
        let path = std::env::temp_dir().join(format!("order-chat-{}.sqlite", uuid::Uuid::new_v4()));
        let text = path.to_string_lossy();
        let indexed = || {
            self.database.vacuum_into(&text).map_err(|problem| problem.to_string())?;
            let copy = Connection::open(&path).and_then(|copy| {
                copy.execute_batch("PRAGMA synchronous = OFF").and_then(|()| copy.execute_batch(STREAM_INDEX))
            });
            copy.map_err(|problem| problem.to_string())?;
            self.database.restore_from(&text).map_err(|problem| problem.to_string())
        };
        let indexed = indexed();
        // Only cleaning up: the operating system empties the folder too.
        let _removed = std::fs::remove_file(&path);
        indexed
    }

    /// The records of a table's stream after the one with the sequence number `after`, oldest first:
    /// `limit`, or all there are.
    pub(crate) fn stream_records(&self, table: &str, after: Option<&str>, limit: usize) -> Result<Vec<Value>, String> {
        let mut ask = json!({ "StreamArn": stream_arn(table), "ShardId": format!("shardId-00000001-{table}") });
        ask["ShardIteratorType"] = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" }.into();
        if let Some(after) = after {
            ask["SequenceNumber"] = after.into();
        }
        let read = || {
            let iterator = through(&ask.to_string(), |request| self.database.get_shard_iterator(request))?;
            let iterator: Value = serde_json::from_str(&iterator).unwrap_or_default();
            let ask = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": limit });
            through(&ask.to_string(), |request| self.database.get_records(request))
        };
        let page = read().map_err(|problem: DynoxideError| problem.to_string())?;
        let mut page: Value = serde_json::from_str(&page).map_err(|problem| problem.to_string())?;
        let Value::Array(mut records) = page["Records"].take() else { return Ok(Vec::new()) };
        for record in &mut records {
            record["awsRegion"] = REGION.into();
        }
        Ok(records)
    }

    /// Deletes the records of streams that are older than a day, a few at a time, because no request
    /// can write meanwhile. In memory they stay.
    pub(crate) fn trim_streams(&self) {
        let Some(beside) = &self.beside else { return };
        let oldest = jiff::Timestamp::now().as_second() - STREAM_RETENTION;
        loop {
            let trimmed = beside.lock().unwrap_or_else(PoisonError::into_inner).execute(TRIM_STREAMS, [oldest]);
            match trimmed {
                Ok(TRIMMED_AT_ONCE..) => {}
                Ok(_) => return,
                Err(problem) => return tracing::warn!(%problem, "old records were not removed from the stream"),
            }
        }
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
        let Some(beside) = &self.beside else { return };
        let beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(problem) = beside.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
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

/// The indexes of `wanted`, a `CreateTable` request, that `table`, a description, lacks. `None` if they
/// differ in anything else.
fn lacking_indexes(table: &Value, wanted: &Value) -> Option<Vec<Value>> {
    let indexes = |of: &Value| of["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
    let shape = |index: &Value| {
        let projection = &index["Projection"];
        let parts =
            [&index["IndexName"], &index["KeySchema"], &projection["ProjectionType"], &projection["NonKeyAttributes"]];
        parts.map(Value::clone)
    };
    let (has, wants) = (indexes(table), indexes(wanted));
    let is_in = |one: &Value, all: &[Value]| all.iter().any(|other| shape(other) == shape(one));
    let has_others = has.iter().any(|index| !is_in(index, &wants));
    if table["KeySchema"] != wanted["KeySchema"] || has_others {
        return None;
    }
    Some(wants.iter().filter(|index| !is_in(index, &has)).cloned().collect())
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

    fn streaming(folder: Option<&Path>) -> Engine {
        let engine = Engine::open(folder, false).unwrap();
        let create = json!({ "TableName": "table", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }] });
        let stream = Some("NEW_AND_OLD_IMAGES".to_owned());
        engine.create_table(&TableSpec { name: "table".to_owned(), create, ttl: None, stream }).unwrap();
        engine
    }

    fn put(engine: &Engine, n: usize) {
        let item =
            json!({ "pk": { "S": format!("{}", n % 10) }, "n": { "N": n.to_string() }, "w": { "S": "x".repeat(300) } });
        engine.answer("PutItem", &json!({ "TableName": "table", "Item": item }).to_string()).unwrap();
    }

    /// The tenth thousand of writes takes as long as the first. Without the index it takes twenty
    /// times as long.
    #[test]
    fn writes_stay_as_fast_when_the_stream_grows() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [Some(folder.path()), None] {
            let engine = streaming(folder);
            let thousand = |from: usize| {
                let began = std::time::Instant::now();
                (from..from + 1_000).for_each(|n| put(&engine, n));
                began.elapsed()
            };
            let times: Vec<_> = (0..10).map(|n| thousand(n * 1_000)).collect();
            let (first, last) = (times[..3].iter().min().unwrap(), times[7..].iter().min().unwrap());
            println!("{first:?} and {last:?} for a thousand writes");
            assert!(last.as_secs_f64() < first.as_secs_f64() * 3.0, "{times:?}");
        }
    }

    #[test]
    fn a_stream_is_read_in_pages_in_the_order_of_the_writes() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [Some(folder.path()), None] {
            let engine = streaming(folder);
            (0..25).for_each(|n| put(&engine, n));
            let (mut seen, mut after) = (Vec::new(), None::<String>);
            loop {
                let page = engine.stream_records("table", after.as_deref(), 10).unwrap();
                let Some(last) = page.last() else { break };
                after = last["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
                seen.extend(page.iter().map(|record| {
                    assert_eq!(record["eventName"] == "INSERT", record["dynamodb"]["OldImage"].is_null());
                    record["dynamodb"]["NewImage"]["n"]["N"].as_str().unwrap().parse::<usize>().unwrap()
                }));
            }
            assert_eq!(seen, (0..25).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_stream_keeps_its_records_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let engine = streaming(Some(folder.path()));
        (0..2_500).for_each(|n| put(&engine, n));
        let age = |seconds: i64, up_to: i64| {
            let beside = engine.beside.as_ref().unwrap().lock().unwrap();
            let sql = "UPDATE _stream_records SET created_at = created_at - ?1 WHERE id <= ?2";
            beside.execute(sql, [seconds, up_to]).unwrap();
        };
        age(STREAM_RETENTION - 60, 2_500);
        age(120, 2_400);
        engine.trim_streams();
        let left = engine.stream_records("table", None, 1_000).unwrap();
        assert_eq!(left.len(), 100);
        assert_eq!(left[0]["dynamodb"]["NewImage"]["n"]["N"], "2400");
        put(&engine, 2_500);
        assert_eq!(engine.stream_records("table", None, 1_000).unwrap().len(), 101);
        age(120, 3_000);
        engine.trim_streams();
        assert_eq!(engine.stream_records("table", None, 1_000).unwrap().len(), 1, "the newest is a second old");
    }

    /// As for a data folder of the version before, and for one that was used without triggers.
    #[test]
    fn a_stream_can_be_switched_on_and_off() {
        let folder = tempfile::tempdir().unwrap();
        let engine = streaming(Some(folder.path()));
        let spec = |stream: bool| TableSpec {
            name: "table".to_owned(),
            create: json!({ "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }] }),
            ttl: None,
            stream: stream.then(|| "NEW_AND_OLD_IMAGES".to_owned()),
        };
        put(&engine, 0);
        engine.create_table(&spec(false)).unwrap();
        put(&engine, 1);
        engine.create_table(&spec(true)).unwrap();
        engine.create_table(&spec(true)).unwrap();
        put(&engine, 2);
        let records = engine.stream_records("table", None, 10).unwrap();
        let numbers: Vec<_> = records.iter().map(|it| it["dynamodb"]["NewImage"]["n"]["N"].clone()).collect();
        assert_eq!(numbers, ["0", "2"]);
    }

    /// The file does not grow if the same number of tickets, 6,000, is created and deleted again.
    #[test]
    fn deleted_items_free_space() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(Some(folder.path()), false).unwrap();
        let create = json!({ "TableName": "table", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }] });
        engine
            .create_table(&TableSpec { name: "table".to_owned(), create, ttl: Some("ttl".to_owned()), stream: None })
            .unwrap();
        let pages = || {
            let beside = engine.beside.as_ref().unwrap().lock().unwrap();
            beside.query_row("PRAGMA page_count", [], |row| row.get::<_, u32>(0)).unwrap()
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
