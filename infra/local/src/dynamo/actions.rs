//! Finds the IAM actions and resources that a DynamoDB request needs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::aws::table_arn;

/// The fields of a request that name the tables and indexes it uses.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TouchedTables {
    #[serde(default)]
    table_name: Option<String>,
    #[serde(default)]
    index_name: Option<String>,
    #[serde(default)]
    request_items: Map<String, Value>,
    #[serde(default)]
    transact_items: Vec<BTreeMap<String, Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    table_name: String,
}

/// Returns the pairs of action and resource that `operation` with this `body` needs. A transaction
/// needs the actions of its items. A body that cannot be parsed needs none, because the engine
/// refuses it.
pub(crate) fn required_actions(operation: &str, body: &str) -> BTreeSet<(String, String)> {
    let Ok(touched) = serde_json::from_str::<TouchedTables>(body) else { return BTreeSet::new() };
    let action = format!("dynamodb:{operation}");
    let mut needed = BTreeSet::new();
    for item in touched.transact_items {
        for (kind, target) in item {
            let action = match kind.as_str() {
                "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
                "Delete" | "Get" | "Put" | "Update" => format!("dynamodb:{kind}Item"),
                _ => continue,
            };
            needed.insert((action, table_arn(&target.table_name)));
        }
    }
    for (table, _keys) in touched.request_items {
        needed.insert((action.clone(), table_arn(&table)));
    }
    if let Some(table) = touched.table_name {
        let table = table_arn(&table);
        let resource = touched.index_name.map_or_else(|| table.clone(), |index| format!("{table}/index/{index}"));
        needed.insert((action, resource));
    } else if needed.is_empty() {
        needed.insert((action, "*".to_owned()));
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(operation: &str, body: &str) -> Vec<(String, String)> {
        let table = table_arn("");
        let short = |(action, resource): (String, String)| (action, resource.replacen(&table, "", 1));
        required_actions(operation, body).into_iter().map(short).collect()
    }

    fn pair(action: &str, resource: &str) -> (String, String) {
        (format!("dynamodb:{action}"), resource.to_owned())
    }

    #[test]
    fn a_query_of_an_index_needs_the_index() {
        assert_eq!(actions("Query", r#"{"TableName":"t"}"#), [pair("Query", "t")]);
        assert_eq!(actions("Query", r#"{"TableName":"t","IndexName":"i"}"#), [pair("Query", "t/index/i")]);
    }

    #[test]
    fn a_transaction_needs_what_its_items_need() {
        let body = r#"{"TransactItems":[{"Put":{"TableName":"t","Item":{}}},{"ConditionCheck":{"TableName":"u"}}]}"#;
        assert_eq!(actions("TransactWriteItems", body), [pair("ConditionCheckItem", "u"), pair("PutItem", "t")]);
    }

    #[test]
    fn a_batch_needs_its_tables() {
        assert_eq!(actions("BatchGetItem", r#"{"RequestItems":{"t":{"Keys":[]}}}"#), [pair("BatchGetItem", "t")]);
    }
}
