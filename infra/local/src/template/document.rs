//! Parses the text of the template. CloudFormation's short YAML tags become the long form.

use serde_json::{Map, Value, json};
use serde_norway::Value as Yaml;

use crate::StartupError;

/// Parses a template. `!Ref x` becomes `{"Ref": "x"}`, `!Sub x` becomes `{"Fn::Sub": "x"}`, and so
/// on. Later code sees only this form.
pub(super) fn parse(text: &str) -> Result<Value, StartupError> {
    let yaml: Yaml =
        serde_norway::from_str(text).map_err(|problem| StartupError::template("YAML", problem.to_string()))?;
    long_form(yaml, "YAML")
}

fn long_form(yaml: Yaml, at: &str) -> Result<Value, StartupError> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => number_of(&number, at)?,
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => {
            let items = items.into_iter().enumerate();
            Value::Array(items.map(|(n, item)| long_form(item, &format!("{at}[{n}]"))).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = key_of(&key, at)?;
                let value = long_form(value, &format!("{at}.{key}"))?;
                object.insert(key, value);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            intrinsic(tag.trim_start_matches('!'), long_form(tagged.value, at)?, at)?
        }
    })
}

fn intrinsic(tag: &str, argument: Value, at: &str) -> Result<Value, StartupError> {
    match (tag, argument) {
        ("Ref", name) => Ok(json!({ "Ref": name })),
        ("Condition", name) => Ok(json!({ "Condition": name })),
        ("GetAtt", Value::String(dotted)) => match dotted.split_once('.') {
            Some((resource, attribute)) => Ok(json!({ "Fn::GetAtt": [resource, attribute] })),
            None => Err(StartupError::template(
                at,
                format!("!GetAtt {dotted} has no attribute: write !GetAtt Resource.Attribute"),
            )),
        },
        (name @ ("GetAtt" | "Sub" | "Join" | "Split" | "If" | "Equals" | "Not"), argument) => {
            Ok(json!({ format!("Fn::{name}"): argument }))
        }
        (unknown, _) => {
            Err(StartupError::template(at, format!("the local gateway does not support the tag !{unknown}")))
        }
    }
}

fn number_of(number: &serde_norway::Number, at: &str) -> Result<Value, StartupError> {
    serde_json::to_value(number).map_err(|problem| StartupError::template(at, problem.to_string()))
}

/// Returns a key as text. CloudFormation's keys are text, but YAML also allows `200:` and `true:`.
fn key_of(key: &Yaml, at: &str) -> Result<String, StartupError> {
    match key {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(value) => Ok(value.to_string()),
        _ => Err(StartupError::template(at, "a key must be a string")),
    }
}
