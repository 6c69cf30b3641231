//! Adoption: an order of an older system gets its place here, with all that was said about it, once.
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
use domain::{Entry, Head, Order, OrderStatus, Twin};
use serde::{Deserialize, Serialize};

use crate::key::{self, Item, s};
use crate::log::{ABSENT, Transacted};
use crate::{Birth, Error, Store, count, item};

/// An order of an older system, in the shapes of this one.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// As it was placed.
    pub order: Order,
    /// The conversation as it is now; its last message is the last of `entries`, its status the order's.
    pub head: Head,
    /// All that was said, from 1 on.
    pub entries: Vec<Entry>,
    /// What to remember of the old system's state.
    pub adopted: Adopted,
}

/// What is remembered of the old system's state, to tell what has changed there since.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Adopted {
    /// Of everything there was to bring.
    #[serde(rename = "h")]
    pub fingerprint: String,
    /// The order's status there.
    #[serde(rename = "os")]
    pub status: OrderStatus,
}

#[derive(Serialize)]
struct AdoptedItem<'a> {
    pk: &'a str,
    sk: &'a str,
    #[serde(flatten)]
    adopted: &'a Adopted,
}

/// What a transaction has room for, beside order, head, record and two counts.
const TOGETHER: usize = 95;

/// Entries a transaction writes ahead: a hundred writes at most, and 4 MB.
const AHEAD: usize = 90;

const CLAIM: &str = "claim";

impl Store {
    /// Makes an order appear with its conversation, unless it is there. `claim` names the run of the importer.
    pub async fn adopt(&self, adoption: &Adoption, claim: &str) -> Result<Birth, Error> {
        if adoption.entries.len() <= TOGETHER {
            let mut writes = self.appearance(adoption, ABSENT, None)?;
            for entry in &adoption.entries {
                writes.push(self.put(item::from_entry(entry)?, Some(ABSENT))?);
            }
            if let Transacted::Refused(found) = self.transact(writes).await? {
                if let Some(order) = found.into_iter().next().flatten() {
                    let (_, fingerprint) = item::to_order(order)?;
                    return Ok(Birth::Exists { fingerprint });
                }
                // A log without an order: an earlier run was killed while it wrote ahead what was longer then.
            } else {
                return Ok(Birth::Born);
            }
        }
        self.adopt_ahead(adoption, claim).await
    }

    /// What the old system's state was when these orders were last imported, of those that were.
    pub async fn adopted(&self, twins: &[Twin]) -> Result<HashMap<Twin, Adopted>, Error> {
        let keys = twins.iter().map(|twin| key::key(twin.as_str(), key::IMPORT)).collect();
        let mut adopted = HashMap::new();
        for item in self.get_all(keys, true).await? {
            if item.contains_key(CLAIM) {
                continue;
            }
            let twin = item.get("pk").and_then(|pk| pk.as_s().ok()).and_then(|pk| Twin::parse(pk));
            adopted.insert(twin.ok_or(Error::Corrupt("import key"))?, serde_dynamo::from_item(item)?);
        }
        Ok(adopted)
    }

    /// Remembers the old system's state of an order that is here. Last of all: what a crash keeps from being
    /// remembered is compared again by the next run.
    pub async fn remember_adopted(&self, twin: &Twin, adopted: &Adopted) -> Result<(), Error> {
        self.client.put_item().table_name(&self.table).set_item(Some(record(twin, adopted)?)).send().await?;
        Ok(())
    }

    /// Order, head, record and counts.
    fn appearance(
        &self,
        adoption: &Adoption,
        record_if: &str,
        claim: Option<&str>,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let twin = adoption.order.id.twin();
        let mut record = Put::builder()
            .table_name(&self.table)
            .set_item(Some(record(twin, &adoption.adopted)?))
            .condition_expression(record_if);
        if let Some(claim) = claim {
            record = record.expression_attribute_values(":claim", s(claim));
        }
        let record = record.build().map_err(|_| Error::Corrupt("import item"))?;
        let mut writes = vec![
            self.put(item::from_order(&adoption.order, IMPORTED)?, Some(ABSENT))?,
            self.put(item::from_head(&adoption.head)?, Some(ABSENT))?,
            TransactWriteItem::builder().put(record).build(),
        ];
        writes.extend(count::moved(&self.table, twin, &adoption.order.customer_id, None, adoption.head.order.status)?);
        Ok(writes)
    }

    async fn adopt_ahead(&self, adoption: &Adoption, claim: &str) -> Result<Birth, Error> {
        let twin = adoption.order.id.twin();
        if !self.claim(twin, claim).await? {
            return Ok(Birth::Exists { fingerprint: IMPORTED.to_owned() });
        }
        for chunk in adoption.entries.chunks(AHEAD) {
            let puts = chunk.iter().map(|entry| self.put(item::from_entry(entry)?, None));
            self.write_ahead(twin, claim, puts.collect::<Result<_, _>>()?).await?;
        }
        let left = self.log_keys_behind(twin, adoption.head.last_seq()).await?;
        for chunk in left.chunks(AHEAD) {
            let deletes = chunk.iter().map(|key| {
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key.clone())).build();
                let delete = delete.map_err(|_| Error::Corrupt("log key"))?;
                Ok::<_, Error>(TransactWriteItem::builder().delete(delete).build())
            });
            self.write_ahead(twin, claim, deletes.collect::<Result<_, _>>()?).await?;
        }
        let writes = self.appearance(adoption, "claim = :claim", Some(claim))?;
        match self.transact(writes).await? {
            Transacted::Done => Ok(Birth::Born),
            // Another importer claimed it meanwhile: try again, and find what it made of it.
            Transacted::Refused(_) => Err(Error::Contended),
        }
    }

    /// Claims an order that is not there; whether it is still not there.
    async fn claim(&self, twin: &Twin, claim: &str) -> Result<bool, Error> {
        let mut item = key::key(twin.as_str(), key::IMPORT);
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

    async fn write_ahead(&self, twin: &Twin, claim: &str, mut writes: Vec<TransactWriteItem>) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key::key(twin.as_str(), key::IMPORT)))
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

    async fn log_keys_behind(&self, twin: &Twin, seq: u64) -> Result<Vec<Item>, Error> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":x", s(twin.as_str()))
            .expression_attribute_values(":first", s(key::log(seq + 1)))
            .expression_attribute_values(":last", s(key::log(key::LAST)))
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

fn record(twin: &Twin, adopted: &Adopted) -> Result<Item, Error> {
    Ok(serde_dynamo::to_item(AdoptedItem { pk: twin.as_str(), sk: key::IMPORT, adopted })?)
}
