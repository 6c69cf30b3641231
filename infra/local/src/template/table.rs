//! The tables of the template, as `CreateTable` requests.

use serde_json::{Value, json};

use super::properties::Properties;
use super::resources::Template;
use crate::StartupError;
use crate::aws::STACK;

/// One `AWS::DynamoDB::Table`.
#[derive(Debug)]
pub(crate) struct TableSpec {
    pub(crate) name: String,
    /// The `CreateTable` request.
    pub(crate) create: Value,
    /// The attribute with the expiry time of items (TTL).
    pub(crate) ttl: Option<String>,
    /// What the records of the table's stream contain; `None` without a stream.
    pub(crate) stream: Option<String>,
}

pub(super) fn read(template: &Template) -> Result<Vec<TableSpec>, StartupError> {
    let tables = template.of_kind("AWS::DynamoDB::Table");
    tables.map(|table| one(&table.name, &table.properties)).collect()
}

fn one(logical: &str, properties: &Properties) -> Result<TableSpec, StartupError> {
    properties.only(&[
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "StreamSpecification",
        "TableName",
        "Tags",
        "TimeToLiveSpecification",
    ])?;
    properties.one_of("BillingMode", &["PAY_PER_REQUEST"])?;
    let name = properties.text("TableName")?.unwrap_or_else(|| format!("{STACK}-{logical}"));
    let mut create = json!({ "TableName": name, "BillingMode": "PAY_PER_REQUEST" });
    for part in ["KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"] {
        if let Some(value) = properties.get(part) {
            create[part] = value.clone();
        }
    }
    let expiry = properties.section("TimeToLiveSpecification")?;
    let ttl = if expiry.flag("Enabled")? { Some(expiry.required("AttributeName")?) } else { None };
    let stream = properties.section("StreamSpecification")?;
    stream.only(&["StreamViewType"])?;
    let stream = match properties.get("StreamSpecification") {
        Some(_) => Some(stream.one_of("StreamViewType", &["NEW_AND_OLD_IMAGES"])?),
        None => None,
    };
    Ok(TableSpec { name, create, ttl, stream })
}
