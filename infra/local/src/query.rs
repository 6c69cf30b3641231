//! Parses a query string as API Gateway does.

use std::collections::BTreeMap;

/// The decoded parameters of a query string, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses the text after the question mark.
    pub(crate) fn parse(raw: &str) -> Self {
        let pairs = url::form_urlencoded::parse(raw.as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last value of one parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Each parameter with its last value, as in events of the WebSocket API.
    pub(crate) fn last(&self) -> BTreeMap<&str, &str> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Each parameter with all its values.
    pub(crate) fn lists(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.0 {
            lists.entry(name).or_default().push(value);
        }
        lists
    }

    /// Each parameter with its values joined by commas, as in events of the HTTP API.
    pub(crate) fn joined(&self) -> BTreeMap<&str, String> {
        self.lists().into_iter().map(|(name, values)| (name, values.join(","))).collect()
    }
}
