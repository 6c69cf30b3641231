//! A filter pattern: which records of a stream are delivered.
//!
//! A pattern is JSON of the record's shape. Each of its lists has the allowed values of one field: a
//! text, a number, a boolean, or a prefix. All fields of the pattern must match.

use serde_json::Value;

/// A filter pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Value);

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or is not supported.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let pattern: Value = serde_json::from_str(text).map_err(|problem| format!("not JSON: {problem}"))?;
        check(&pattern)?;
        Ok(Self(pattern))
    }

    /// Returns true if the record has all that the pattern asks for.
    pub(crate) fn matches(&self, record: &Value) -> bool {
        field(&self.0, record)
    }
}

fn check(pattern: &Value) -> Result<(), String> {
    match pattern {
        Value::Object(fields) => fields.values().try_for_each(check),
        Value::Array(allowed) if allowed.is_empty() => Err("a list of allowed values is empty".to_owned()),
        Value::Array(allowed) => allowed.iter().try_for_each(|one| match one {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(()),
            Value::Object(_) if prefix(one).is_some() => Ok(()),
            other => {
                Err(format!("the local gateway does not support {other}, only texts, numbers, booleans and prefixes"))
            }
        }),
        other => Err(format!("{other} is neither a section nor a list of allowed values")),
    }
}

fn field(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, pattern)| value.get(name).is_some_and(|value| field(pattern, value)))
        }
        Value::Array(allowed) => allowed.iter().any(|one| match prefix(one) {
            Some(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            None => one == value,
        }),
        _ => false,
    }
}

/// The text of `{"prefix": text}`.
fn prefix(one: &Value) -> Option<&str> {
    one.as_object().filter(|fields| fields.len() == 1)?.get("prefix")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_has_all_fields_of_the_pattern() {
        let record = json!({ "eventName": "INSERT", "n": 3, "dynamodb": { "Keys": { "sk": { "S": "L001" } } } });
        for (pattern, expected) in [
            (json!({}), true),
            (json!({ "eventName": ["MODIFY", "INSERT"] }), true),
            (json!({ "eventName": ["MODIFY"] }), false),
            (json!({ "eventName": ["INSERT"], "n": [3] }), true),
            (json!({ "eventName": ["INSERT"], "n": [4] }), false),
            (json!({ "dynamodb": { "Keys": { "sk": { "S": [{ "prefix": "L" }] } } } }), true),
            (json!({ "dynamodb": { "Keys": { "sk": { "S": [{ "prefix": "Z" }] } } } }), false),
            (json!({ "dynamodb": { "Keys": { "sk": { "N": [{ "prefix": "L" }] } } } }), false),
            (json!({ "dynamodb": { "OldImage": { "is": { "S": ["active"] } } } }), false),
            (json!({ "dynamodb": ["INSERT"] }), false),
        ] {
            assert_eq!(Pattern::parse(&pattern.to_string()).unwrap().matches(&record), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for pattern in ["", "[", r#"{"a": 1}"#, r#"{"a": []}"#, r#"{"a": [null]}"#, r#"{"a": [{"exists": true}]}"#] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
