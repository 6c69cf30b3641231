//! Imports an order of a legacy system with all of its messages, once.
//!
//! What is short enough, as nearly everything is, appears in one transaction, as at a birth. A longer history is written
//! ahead of its order: nobody sees a log that has no head. An importer that is killed leaves such a log behind, and
//! the old system may have changed before the next one comes. So whoever writes ahead first *claims* the order in its import
//! item, writes only while that claim stands, and removes what an earlier one left behind the end. The transaction
//! that makes the order appear turns the claim into the record, and from then on nobody writes here but as to any
//! conversation.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::{Head, LogEntry, Order, OrderStatus, SharedId};
use serde::{Deserialize, Serialize};

use crate::key::{self, Item, s};
use crate::log::{ABSENT, Transacted};
use crate::{CreateOutcome, Error, Store, count, item};

/// An order of a legacy system, translated into the types of this one.
#[derive(Clone, Debug)]
pub struct OrderImport {
    /// As it was placed.
    pub order: Order,
    /// The conversation as it is now; its last message is the last of `entries`, its status the order's.
    pub head: Head,
    /// All that was said, from 1 on.
    pub entries: Vec<LogEntry>,
    /// What to remember of the old system's state.
    pub import_record: ImportRecord,
}

/// The state of the legacy system at the last import, to detect what has changed there since.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ImportRecord {
    /// Of everything there was to bring.
    #[serde(rename = "h")]
    pub fingerprint: String,
    /// The order's status there.
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

/// What a transaction has room for, beside order, head, record and two counts.
const MAX_ENTRIES_AT_ONCE: usize = 95;

/// Entries a transaction writes ahead: a hundred writes at most, and 4 MB.
const WRITE_AHEAD_BATCH: usize = 90;

const CLAIM: &str = "claim";

impl Store {
    /// Makes an order appear with its conversation, unless it is there. `claim` names the run of the importer.
    pub async fn import_order(&self, order_import: &OrderImport, claim: &str) -> Result<CreateOutcome, Error> {
        if order_import.entries.len() <= MAX_ENTRIES_AT_ONCE {
            let mut writes = self.order_writes(order_import, ABSENT, None)?;
            for entry in &order_import.entries {
                writes.push(self.put(item::from_entry(entry)?, Some(ABSENT))?);
            }
            if let Transacted::Refused(found) = self.transact(writes).await? {
                if let Some(order) = found.into_iter().next().flatten() {
                    let (_, fingerprint) = item::to_order(order)?;
                    return Ok(CreateOutcome::Exists { fingerprint });
                }
                // A log without an order: an earlier run was killed while it wrote ahead what was longer then.
            } else {
                return Ok(CreateOutcome::Created);
            }
        }
        self.import_ahead(order_import, claim).await
    }

    /// What the old system's state was when these orders were last imported, of those that were.
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

    /// Remembers the old system's state of an order that is here. Last of all: what a crash keeps from being
    /// remembered is compared again by the next run.
    pub async fn put_import_record(&self, shared_id: &SharedId, import_record: &ImportRecord) -> Result<(), Error> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(record_item(shared_id, import_record)?))
            .send()
            .await?;
        Ok(())
    }

    /// Order, head, record and counts.
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

    async fn import_ahead(&self, order_import: &OrderImport, claim: &str) -> Result<CreateOutcome, Error> {
        let shared_id = order_import.order.id.shared_id();
        if !self.claim(shared_id, claim).await? {
            return Ok(CreateOutcome::Exists { fingerprint: IMPORTED.to_owned() });
        }
        for chunk in order_import.entries.chunks(WRITE_AHEAD_BATCH) {
            let puts = chunk.iter().map(|entry| self.put(item::from_entry(entry)?, None));
            self.write_ahead(shared_id, claim, puts.collect::<Result<_, _>>()?).await?;
        }
        let left = self.log_keys_after(shared_id, order_import.head.last_seq()).await?;
        for chunk in left.chunks(WRITE_AHEAD_BATCH) {
            let deletes = chunk.iter().map(|key| {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key.clone())).build();
                let delete = delete.map_err(|_| Error::Corrupt("log key"))?;
                Ok::<_, Error>(TransactWriteItem::builder().delete(delete).build())
            });
            self.write_ahead(shared_id, claim, deletes.collect::<Result<_, _>>()?).await?;
        }
        let writes = self.order_writes(order_import, "claim = :claim", Some(claim))?;
        match self.transact(writes).await? {
            Transacted::Done => Ok(CreateOutcome::Created),
            // Another importer claimed it meanwhile: try again, and find what it made of it.
            Transacted::Refused(_) => Err(Error::Contended),
        }
    }

    /// Claims an order that is not there; whether it is still not there.
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

    async fn log_keys_after(&self, shared_id: &SharedId, seq: u64) -> Result<Vec<Item>, Error> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":x", s(shared_id.as_str()))
            .expression_attribute_values(":first", s(key::log(seq + 1)))
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

/// In place of the hash of a request: no request placed an imported order.
pub(crate) const IMPORTED: &str = "imported";

fn record_item(shared_id: &SharedId, import_record: &ImportRecord) -> Result<Item, Error> {
    Ok(serde_dynamo::to_item(ImportRecordItem { pk: shared_id.as_str(), sk: key::IMPORT, import_record })?)
}
