//! Imports an order of a legacy system with all of its messages, once.
//!
//! Nearly every history is short. Then one transaction writes the order, the head and the log, as
//! for a new order. A longer history does not fit into one transaction, so its log is written
//! first. Nobody reads a log without a head. If an importer is killed, such a log stays behind. The
//! legacy system may change before the next run. So an importer that writes the log first *claims*
//! the order in its import item:
//!
//! - Every later transaction of the importer has the condition that its claim is still there.
//! - The importer deletes log entries of an earlier run that are past the end of the history, and
//!   cursors of admins who are no longer readers.
//! - The last transaction writes the order and the head, and replaces the claim with the import
//!   record.
//!
//! From then on, messages are only added as to any other conversation.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::{Head, LogEntry, Order, OrderStatus, SharedId};
use serde::{Deserialize, Serialize};

use crate::key::{self, Item, s};
use crate::log::{ABSENT, Transacted};
use crate::{CreateOutcome, Error, Store, count, item};

/// An order of a legacy system, converted to the types of this system.
#[derive(Clone, Debug)]
pub struct OrderImport {
    /// The order as it was placed.
    pub order: Order,
    /// The conversation as it is now. Its last message is the last of `entries`. It also has the
    /// current status of the order, and the cursors of all admins.
    pub head: Head,
    /// All messages, from `seq` 1 on.
    pub entries: Vec<LogEntry>,
    /// The state of the legacy system, for the next import.
    pub import_record: ImportRecord,
}

/// The state of the legacy system at the last import. The next import compares it to find changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ImportRecord {
    /// The fingerprint of all imported data of the order.
    #[serde(rename = "h")]
    pub fingerprint: String,
    /// The order's status in the legacy system.
    #[serde(rename = "os")]
    pub status: OrderStatus,
}

#[derive(Serialize)]
struct ImportRecordItem<'a> {
    pk: &'a str,
    sk: &'a str,
    #[serde(flatten)]
    import_record: &'a ImportRecord,
}

/// The most log entries and cursors in one transaction, beside order, head, record and two counts.
/// DynamoDB allows 100 writes.
const MAX_AT_ONCE: usize = 95;

/// The number of items that one transaction writes ahead. DynamoDB allows 100 writes and 4 MB.
const WRITE_AHEAD_BATCH: usize = 90;

const CLAIM: &str = "claim";

impl Store {
    /// Creates an order with its conversation, unless the order exists. `claim` names the run of
    /// the importer.
    pub async fn import_order(&self, order_import: &OrderImport, claim: &str) -> Result<CreateOutcome, Error> {
        let beside = items_beside(order_import)?;
        if beside.len() <= MAX_AT_ONCE {
            let mut writes = self.order_writes(order_import, ABSENT, None)?;
            for item in &beside {
                writes.push(self.put(item.clone(), Some(ABSENT))?);
            }
            if let Transacted::Refused(found) = self.transact(writes).await? {
                if let Some(order) = found.into_iter().next().flatten() {
                    let (_, fingerprint) = item::to_order(order)?;
                    return Ok(CreateOutcome::Exists { fingerprint });
                }
                // The log exists, but the order does not. An earlier run wrote a longer history
                // ahead and was killed.
            } else {
                return Ok(CreateOutcome::Created);
            }
        }
        self.import_ahead(order_import, beside, claim).await
    }

    /// Returns the import records of those of the orders that were imported.
    pub async fn import_records(&self, shared_ids: &[SharedId]) -> Result<HashMap<SharedId, ImportRecord>, Error> {
        let keys = shared_ids.iter().map(|shared_id| key::key(shared_id.as_str(), key::IMPORT)).collect();
        let mut import_records = HashMap::new();
        for item in self.get_all(keys, true).await? {
            if item.contains_key(CLAIM) {
                continue;
            }
            let shared_id = item.get("pk").and_then(|pk| pk.as_s().ok()).and_then(|pk| SharedId::parse(pk));
            import_records.insert(shared_id.ok_or(Error::Corrupt("import key"))?, serde_dynamo::from_item(item)?);
        }
        Ok(import_records)
    }

    /// Stores the state of the legacy system for an order that exists here. Call this after all
    /// other writes. If a crash prevents it, the next run compares the order again.
    pub async fn put_import_record(&self, shared_id: &SharedId, import_record: &ImportRecord) -> Result<(), Error> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(record_item(shared_id, import_record)?))
            .send()
            .await?;
        Ok(())
    }

    /// The writes for the order, the head, the record and the counts.
    fn order_writes(
        &self,
        order_import: &OrderImport,
        record_if: &str,
        claim: Option<&str>,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let shared_id = order_import.order.id.shared_id();
        let mut record = Put::builder()
            .table_name(&self.table)
            .set_item(Some(record_item(shared_id, &order_import.import_record)?))
            .condition_expression(record_if);
        if let Some(claim) = claim {
            record = record.expression_attribute_values(":claim", s(claim));
        }
        let record = record.build().map_err(|_| Error::Corrupt("import item"))?;
        let mut writes = vec![
            self.put(item::from_order(&order_import.order, IMPORTED)?, Some(ABSENT))?,
            self.put(item::from_head(&order_import.head)?, Some(ABSENT))?,
            TransactWriteItem::builder().put(record).build(),
        ];
        writes.extend(count::status_writes(
            &self.table,
            shared_id,
            &order_import.order.customer_id,
            None,
            order_import.head.order.status,
        )?);
        Ok(writes)
    }

    async fn import_ahead(
        &self,
        order_import: &OrderImport,
        beside: Vec<Item>,
        claim: &str,
    ) -> Result<CreateOutcome, Error> {
        let shared_id = order_import.order.id.shared_id();
        if !self.claim(shared_id, claim).await? {
            return Ok(CreateOutcome::Exists { fingerprint: IMPORTED.to_owned() });
        }
        let ours: HashSet<_> = beside.iter().filter_map(|item| item.get("sk").cloned()?.as_s().ok().cloned()).collect();
        for chunk in beside.chunks(WRITE_AHEAD_BATCH) {
            let puts = chunk.iter().map(|item| self.put(item.clone(), None));
            self.write_ahead(shared_id, claim, puts.collect::<Result<_, _>>()?).await?;
        }
        let mut left = self.keys_beside(shared_id).await?;
        left.retain(|key| key.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| !ours.contains(sk)));
        for chunk in left.chunks(WRITE_AHEAD_BATCH) {
            let deletes = chunk.iter().map(|key| {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key.clone())).build();
                let delete = delete.map_err(|_| Error::Corrupt("key"))?;
                Ok::<_, Error>(TransactWriteItem::builder().delete(delete).build())
            });
            self.write_ahead(shared_id, claim, deletes.collect::<Result<_, _>>()?).await?;
        }
        let writes = self.order_writes(order_import, "claim = :claim", Some(claim))?;
        match self.transact(writes).await? {
            Transacted::Done => Ok(CreateOutcome::Created),
            // Another importer has claimed the order. A retry sees what that importer did.
            Transacted::Refused(_) => Err(Error::Contended),
        }
    }

    /// Claims an order that does not exist yet. Returns false if it exists.
    async fn claim(&self, shared_id: &SharedId, claim: &str) -> Result<bool, Error> {
        let mut item = key::key(shared_id.as_str(), key::IMPORT);
        item.insert(CLAIM.to_owned(), s(claim));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk) OR attribute_exists(claim)").send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn write_ahead(
        &self,
        shared_id: &SharedId,
        claim: &str,
        mut writes: Vec<TransactWriteItem>,
    ) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id.as_str(), key::IMPORT)))
            .condition_expression("claim = :claim")
            .expression_attribute_values(":claim", s(claim))
            .build()
            .map_err(|_| Error::Corrupt("claim"))?;
        writes.push(TransactWriteItem::builder().condition_check(check).build());
        match self.transact(writes).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(_) => Err(Error::Contended),
        }
    }

    /// The keys of the log entries and cursors of a conversation without a head.
    async fn keys_beside(&self, shared_id: &SharedId) -> Result<Vec<Item>, Error> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":x", s(shared_id.as_str()))
            .expression_attribute_values(":first", s(key::CURSORS_PREFIX))
            .expression_attribute_values(":last", s(key::log(key::MAX_SEQ)))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(key) = pages.next().await {
            keys.push(key?);
        }
        keys.retain(|key| key.get("sk") != Some(&s(key::IMPORT)));
        Ok(keys)
    }

    fn put(&self, item: Item, condition: Option<&str>) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|_| Error::Corrupt("adoption"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// The log entries, and the cursors of the admins other than the furthest.
fn items_beside(order_import: &OrderImport) -> Result<Vec<Item>, Error> {
    let OrderImport { head, entries, .. } = order_import;
    let entries = entries.iter().map(item::from_entry);
    let cursors =
        head.admins.iter().map(|(user_id, admin)| item::from_cursors(&head.shared_id, user_id, &admin.cursors));
    entries.chain(cursors).collect()
}

/// Stored in place of the hash of a request, because no request placed an imported order.
pub(crate) const IMPORTED: &str = "imported";

fn record_item(shared_id: &SharedId, import_record: &ImportRecord) -> Result<Item, Error> {
    Ok(serde_dynamo::to_item(ImportRecordItem { pk: shared_id.as_str(), sk: key::IMPORT, import_record })?)
}
