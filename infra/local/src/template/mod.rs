//! Reads `template.yaml`, which SAM deploys to AWS. If the template contains something that the
//! gateway does not support, the start fails with its position and the reason.
//!
//! [`read`] turns the text into a [`System`]. `document` parses YAML, and `scope` resolves names
//! and intrinsic functions. Functions, the HTTP API, the WebSocket API, tables, streams with
//! their queues, and schedules have one file each.

mod document;
mod event_source;
mod function;
mod http_api;
mod pattern;
mod properties;
mod resources;
mod schedule;
mod scope;
mod table;
mod websocket_api;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use event_source::EventSource;
pub(crate) use function::{FunctionSpec, Policy};
pub(crate) use http_api::{Cors, HttpApiSpec, HttpAuthorizer, HttpRoute};
use properties::Properties;
use resources::Template;
pub(crate) use schedule::Schedule;
use scope::Scope;
pub(crate) use scope::TemplateInputs;
pub(crate) use table::TableSpec;
pub(crate) use websocket_api::{IdentitySource, WebSocketAuthorizer, WebSocketRoute, WebSocketSpec};

use crate::StartupError;

/// The described system, with every name resolved.
#[derive(Debug)]
pub(crate) struct System {
    /// The functions, by their names in the template.
    pub(crate) functions: BTreeMap<String, FunctionSpec>,
    /// The HTTP API, if there is one.
    pub(crate) http: Option<HttpApiSpec>,
    /// The WebSocket API, if there is one.
    pub(crate) websocket: Option<WebSocketSpec>,
    /// The tables.
    pub(crate) tables: Vec<TableSpec>,
    /// What calls functions with the records of a table's stream.
    pub(crate) event_sources: Vec<EventSource>,
    /// What calls functions again and again.
    pub(crate) schedules: Vec<Schedule>,
}

impl System {
    /// Removes streams with their mappings, and schedules.
    pub(crate) fn without_triggers(&mut self) {
        self.event_sources.clear();
        self.schedules.clear();
        for table in &mut self.tables {
            table.stream = None;
        }
    }
}

pub(crate) fn read(text: &str, template_inputs: &TemplateInputs) -> Result<System, StartupError> {
    let document = Properties::new("template", document::parse(text)?)?;
    document.only(&[
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Globals",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Transform",
    ])?;
    let section = |name: &str| match document.get(name) {
        None => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields.clone()),
        Some(_) => Err(StartupError::template(name, "must be a mapping")),
    };
    let declared = section("Resources")?;
    let scope = Scope::new(template_inputs, &section("Parameters")?, section("Conditions")?, &declared)?;
    let globals = scope.resolve(&Value::Object(section("Globals")?), "Globals")?;
    let globals = Properties::new("Globals", globals)?;
    globals.only(&["Function"])?;
    let template = Template::new(&declared, globals, &scope)?;

    let functions = function::read(&template)?;
    let http = http_api::read(&template, &functions)?;
    let websocket = websocket_api::read(&template, &functions)?;
    let tables = table::read(&template)?;
    let event_sources = event_source::read(&template, &functions, &tables)?;
    let schedules = schedule::read(&functions)?;
    Ok(System { http, websocket, tables, event_sources, schedules, functions: functions.specs })
}
