//! One resolved section of the template, read strictly: what is not asked for must be on the list of what may be
//! left unread, and everything says where it stands when it is wrong.

use serde_json::{Map, Value};

use crate::StartupError;

/// A section, and the path by which an error names it.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties {
    at: String,
    fields: Map<String, Value>,
}

impl Properties {
    /// The section at the path `at`. Nothing at all is an empty section.
    pub(super) fn new(at: impl Into<String>, value: Value) -> Result<Self, StartupError> {
        let at = at.into();
        match value {
            Value::Object(fields) => Ok(Self { at, fields }),
            Value::Null => Ok(Self { at, fields: Map::new() }),
            _ => Err(StartupError::template(at, "a section of named values belongs here")),
        }
    }

    /// The path of `name` in this section.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.at)
    }

    /// The error that `name` in this section has the problem `what`.
    pub(super) fn problem(&self, name: &str, what: impl Into<String>) -> StartupError {
        StartupError::template(self.path(name), what)
    }

    /// Fails on any name but these. A property that changes what happens on AWS and is not read here would make
    /// the two differ without a word.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), StartupError> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(self.problem(unknown, "this property is not understood by the local gateway")),
            None => Ok(()),
        }
    }

    /// The names in this section.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// Whatever stands at `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Everything in this section.
    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// A text, or what CloudFormation makes one from.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, StartupError> {
        self.get(name).map(|value| self.as_text(name, value)).transpose()
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, StartupError> {
        self.text(name)?.ok_or_else(|| self.problem(name, "this property is missing"))
    }

    /// A text that must be there and be one of these: the only ones that are served.
    pub(super) fn one_of(&self, name: &str, served: &[&str]) -> Result<String, StartupError> {
        let value = self.required(name)?;
        if served.contains(&value.as_str()) {
            return Ok(value);
        }
        Err(self.problem(name, format!("{value:?} is not served here, only {}", served.join(", "))))
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, StartupError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        number.map(Some).ok_or_else(|| self.problem(name, "a whole number belongs here"))
    }

    /// Yes or no; `no` where it is absent.
    pub(super) fn flag(&self, name: &str) -> Result<bool, StartupError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            Some(_) => Err(self.problem(name, "true or false belongs here")),
        }
    }

    /// A list of texts; a single one counts as a list of it, as in an IAM policy.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, StartupError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| self.as_text(name, item)).collect(),
            Some(value) => Ok(vec![self.as_text(name, value)?]),
        }
    }

    /// A section inside this one; empty where it is absent.
    pub(super) fn section(&self, name: &str) -> Result<Properties, StartupError> {
        Properties::new(self.path(name), self.get(name).cloned().unwrap_or(Value::Null))
    }

    /// A list of sections; a single one counts as a list of it.
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
            _ => Err(self.problem(name, "a text belongs here")),
        }
    }
}
