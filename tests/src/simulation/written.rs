//! Watches what functions write: whether an effect comes before its entry, whether the version of a
//! message goes back, and which heads the table's stream reports.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// What was written so far.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The version of each message that was changed, by its keys.
    versions: BTreeMap<String, u64>,
    /// The records of the stream that call `notify`, in order.
    pub(crate) records: Vec<Value>,
    /// Descriptions of writes that should not have been made.
    pub(crate) broken: Vec<String>,
}

/// What has to be read before or after a write.
#[derive(Debug)]
pub(crate) enum Look {
    /// The message that a change targets, when the entry of the change is in the log.
    Entry { target: Value, seq: u64 },
    /// A message, after an effect.
    Effect { key: Value },
    /// A head, before and after.
    Head { key: Value },
}

impl Look {
    /// What to look at for a write, if anything.
    pub(crate) fn of(operation: &str, body: &Value) -> Option<Self> {
        let sk = |key: &Value| key["sk"]["S"].as_str().map(str::to_owned);
        match operation {
            "PutItem" => {
                let (item, kind) = (&body["Item"], &body["Item"]["k"]["M"]);
                let seq = sk(item)?.strip_prefix('L')?.parse().ok()?;
                let target: u64 = kind["target"]["N"].as_str()?.parse().ok()?;
                let target = json!({ "pk": item["pk"], "sk": { "S": format!("L{target:012}") } });
                Some(Self::Entry { target, seq })
            }
            "UpdateItem" => {
                let (key, update) = (body["Key"].clone(), body["UpdateExpression"].as_str()?);
                match sk(&key)?.as_str() {
                    "Z" if update.contains("#is = ") || update.contains("os = ") => Some(Self::Head { key }),
                    sk if sk.starts_with('L') => Some(Self::Effect { key }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The key of the item to read.
    pub(crate) fn key(&self) -> &Value {
        match self {
            Self::Entry { target: key, .. } | Self::Effect { key } | Self::Head { key } => key,
        }
    }

    /// Whether the item is needed as it was before the write.
    pub(crate) fn is_needed_before(&self) -> bool {
        matches!(self, Self::Head { .. })
    }
}

impl Written {
    /// Examines a write that was made: what the item was before, and what it is after.
    pub(crate) fn examine(&mut self, look: &Look, before: &Value, after: &Value) {
        let version = after["v"]["N"].as_str().map_or(0, |number| number.parse().unwrap());
        match look {
            Look::Entry { target, seq } if version < *seq => {
                self.broken.push(format!("entry {seq} is in the log, and {target} has version {version}"));
            }
            Look::Entry { .. } => {}
            Look::Effect { key } => {
                let known = self.versions.entry(key.to_string()).or_default();
                if version < *known {
                    self.broken.push(format!("the version of {key} went from {known} back to {version}"));
                }
                *known = version;
            }
            Look::Head { .. } => self.records.extend(record(before, after)),
        }
    }
}

/// The record of the stream for a head, if the filters of the template let it through.
fn record(before: &Value, after: &Value) -> Option<Value> {
    let is =
        |image: &Value, name: &str, values: &[&str]| image[name]["S"].as_str().is_some_and(|it| values.contains(&it));
    let is_over = is(after, "is", &["active"]) && is(after, "os", &["completed", "cancelled"]);
    let was_not = is(before, "os", &["pending", "confirmed"]) || is(before, "is", &["archived", "closed"]);
    let change = json!({ "Keys": { "pk": after["pk"], "sk": after["sk"] }, "OldImage": before, "NewImage": after });
    (is_over && was_not).then(|| json!({ "eventName": "MODIFY", "dynamodb": change }))
}

/// Reads an item, consistently. The engine answers at once, so nothing comes between.
pub(crate) async fn read(inner: &SharedHttpConnector, uri: &str, table: &Value, key: &Value) -> Value {
    let body = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.set_uri(uri).unwrap();
    request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.GetItem");
    let answer = inner.call(request).await.unwrap();
    serde_json::from_slice::<Value>(answer.body().bytes().unwrap()).unwrap()["Item"].take()
}
