//! One resolved section of the template. Every property must be read, or be on the list of
//! properties that may be ignored. Every error has the position in the template.

use serde_json::{Map, Value};

use crate::StartupError;

/// A section, and its position for error messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties {
    at: String,
    fields: Map<String, Value>,
}

impl Properties {
    /// Takes the section at the position `at`. `null` is an empty section.
    pub(super) fn new(at: impl Into<String>, value: Value) -> Result<Self, StartupError> {
        let at = at.into();
        match value {
            Value::Object(fields) => Ok(Self { at, fields }),
            Value::Null => Ok(Self { at, fields: Map::new() }),
            _ => Err(StartupError::template(at, "must be a mapping")),
        }
    }

    /// The position of `name` in this section.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.at)
    }

    /// An error about `name` in this section.
    pub(super) fn problem(&self, name: &str, what: impl Into<String>) -> StartupError {
        StartupError::template(self.path(name), what)
    }

    /// Fails if the section has any other property than `known`. If a property were ignored that
    /// changes the behaviour on AWS, the gateway would differ from AWS and nobody would notice.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), StartupError> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(self.problem(unknown, "the local gateway does not support this property")),
            None => Ok(()),
        }
    }

    /// The names of all properties.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The value of a property of any type.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// All properties.
    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// A text. CloudFormation also accepts numbers and booleans as text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, StartupError> {
        self.get(name).map(|value| self.as_text(name, value)).transpose()
    }

    /// A required text.
    pub(super) fn required(&self, name: &str) -> Result<String, StartupError> {
        self.text(name)?.ok_or_else(|| self.problem(name, "this required property is missing"))
    }

    /// A required text that must be one of `supported`.
    pub(super) fn one_of(&self, name: &str, supported: &[&str]) -> Result<String, StartupError> {
        let value = self.required(name)?;
        if supported.contains(&value.as_str()) {
            return Ok(value);
        }
        Err(self.problem(name, format!("the local gateway does not support {value:?}, only {}", supported.join(", "))))
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, StartupError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        number.map(Some).ok_or_else(|| self.problem(name, "must be a whole number"))
    }

    /// A boolean. If it is absent, it is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, StartupError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            Some(_) => Err(self.problem(name, "must be true or false")),
        }
    }

    /// A list of texts. As in an IAM policy, a single text is a list of one.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, StartupError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| self.as_text(name, item)).collect(),
            Some(value) => Ok(vec![self.as_text(name, value)?]),
        }
    }

    /// A section inside this one. If it is absent, it is empty.
    pub(super) fn section(&self, name: &str) -> Result<Properties, StartupError> {
        Properties::new(self.path(name), self.get(name).cloned().unwrap_or(Value::Null))
    }

    /// A list of sections. A single section is a list of one.
    pub(super) fn sections(&self, name: &str) -> Result<Vec<Properties>, StartupError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate();
                items.map(|(n, item)| Properties::new(format!("{}[{n}]", self.path(name)), item.clone())).collect()
            }
            Some(value) => Ok(vec![Properties::new(self.path(name), value.clone())?]),
        }
    }

    fn as_text(&self, name: &str, value: &Value) -> Result<String, StartupError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(value) => Ok(value.to_string()),
            _ => Err(self.problem(name, "must be a string")),
        }
    }
}
