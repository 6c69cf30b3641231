//! Reads `template.yaml`, which SAM deploys to AWS. If the template contains something that the
//! gateway does not support, the start fails with its position and the reason.
//!
//! [`read`] turns the text into a [`System`]. `document` parses YAML, and `scope` resolves names
//! and intrinsic functions. Functions, the HTTP API, the WebSocket API and the tables have one file
//! each.

mod document;
mod function;
mod http_api;
mod properties;
mod scope;
mod table;
mod websocket_api;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) use function::{FunctionSpec, Policy};
pub(crate) use http_api::{Cors, HttpApiSpec, HttpAuthorizer, HttpRoute};
use properties::Properties;
use scope::Scope;
pub(crate) use scope::TemplateInputs;
pub(crate) use table::TableSpec;
pub(crate) use websocket_api::{IdentitySource, WebSocketAuthorizer, WebSocketRoute, WebSocketSpec};

use crate::StartupError;

/// Resource types that do not change how the system answers, such as alarms. The gateway ignores
/// them.
const NOT_SERVED: &[&str] = &[
    "AWS::ApiGateway::Account",
    "AWS::CloudFormation::Stack",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SecretsManager::Secret",
];

const SERVED: &[&str] = &[
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Stage",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Permission",
    "AWS::Serverless::Function",
    "AWS::Serverless::HttpApi",
];

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
}

/// One resource with its properties resolved.
struct Resource {
    name: String,
    kind: String,
    properties: Properties,
    metadata: Properties,
}

/// The parts of a template that the readers of the other files need.
struct Template {
    resources: Vec<Resource>,
    globals: Properties,
}

impl Template {
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// Returns the resource of this kind. The gateway serves at most one; more are an error.
    fn only<'a>(&'a self, kind: &'a str) -> Result<Option<&'a Resource>, StartupError> {
        let mut found = self.of_kind(kind);
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(second) => Err(StartupError::template(
                format!("Resources.{}", second.name),
                format!("the local gateway supports only one {kind}"),
            )),
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
    let template = Template { resources: resources(&declared, &scope)?, globals };

    let functions = function::read(&template)?;
    let http = http_api::read(&template, &functions)?;
    let websocket = websocket_api::read(&template, &functions)?;
    Ok(System { http, websocket, tables: table::read(&template)?, functions: functions.specs })
}

fn resources(declared: &Map<String, Value>, scope: &Scope<'_>) -> Result<Vec<Resource>, StartupError> {
    let mut resources = Vec::new();
    for (name, declaration) in declared {
        let at = format!("Resources.{name}");
        let whole = Properties::new(&at, declaration.clone())?;
        whole.only(&[
            "Condition",
            "DeletionPolicy",
            "DependsOn",
            "Metadata",
            "Properties",
            "Type",
            "UpdateReplacePolicy",
        ])?;
        let kind = whole.required("Type")?;
        if NOT_SERVED.contains(&kind.as_str()) {
            continue;
        }
        if !SERVED.contains(&kind.as_str()) {
            return Err(whole.problem("Type", format!("the local gateway does not support {kind}")));
        }
        if let Some(condition) = whole.text("Condition")?
            && !scope.condition(&condition)?
        {
            continue;
        }
        let part = |part: &str| {
            let at = format!("{at}.{part}");
            let value = scope.resolve(whole.get(part).unwrap_or(&Value::Null), &at)?;
            Properties::new(at, value)
        };
        let (properties, metadata) = (part("Properties")?, part("Metadata")?);
        resources.push(Resource { name: name.clone(), kind, properties, metadata });
    }
    Ok(resources)
}
