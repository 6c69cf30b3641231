//! The functions of the template: binary, environment, timeout and policy.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::properties::Properties;
use super::resources::{Resource, Template};
use crate::StartupError;
use crate::aws::covers;

/// Lambda's default timeout, in seconds.
const DEFAULT_TIMEOUT: u64 = 3;
/// Lambda's default memory, in MB.
const DEFAULT_MEMORY: u64 = 128;

/// One `AWS::Serverless::Function`.
#[derive(Debug)]
pub(crate) struct FunctionSpec {
    /// Its name in the template.
    pub(crate) name: String,
    /// The Cargo binary that it is built from, which is also the name of its handler here.
    pub(crate) binary: String,
    /// Its `Environment`. Variables of this machine are not added.
    pub(crate) environment: BTreeMap<String, String>,
    /// The timeout of an invocation.
    pub(crate) timeout: Duration,
    /// The memory in MB. The function can read it; the gateway does not enforce it.
    pub(crate) memory: u64,
    /// Its permissions.
    pub(crate) policy: Policy,
}

/// The actions that a function may do on which resources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy(Vec<Statement>);

#[derive(Clone, Debug)]
struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
}

impl Policy {
    /// Returns true if the policy allows `action` on `resource`.
    pub(crate) fn allows(&self, action: &str, resource: &str) -> bool {
        let covered = |patterns: &[String], value: &str| patterns.iter().any(|pattern| covers(pattern, value));
        self.0.iter().any(|statement| covered(&statement.actions, action) && covered(&statement.resources, resource))
    }
}

/// The functions by name, and by the ARNs that integrations use.
pub(super) struct Functions {
    pub(super) specs: BTreeMap<String, FunctionSpec>,
    by_arn: BTreeMap<String, String>,
    events: Vec<(String, Properties)>,
    permissions: Vec<Permission>,
}

/// An `AWS::Lambda::Permission` for API Gateway.
struct Permission {
    function: String,
    source: String,
}

impl Functions {
    /// The name of the function with this ARN, or with the integration URI that contains one.
    pub(super) fn behind(&self, uri: &str) -> Option<&str> {
        let arn = uri.split_once("/functions/").map_or(uri, |(_, arn)| arn);
        self.by_arn.get(arn.strip_suffix("/invocations").unwrap_or(arn)).map(String::as_str)
    }

    /// The `Events` of all functions, each with the name of its function.
    pub(super) fn events(&self) -> &[(String, Properties)] {
        &self.events
    }

    /// Returns true if the template allows API Gateway to call `function` from the ARN `source`.
    pub(super) fn callable_from(&self, function: &str, source: &str) -> bool {
        self.permissions.iter().any(|permission| permission.function == function && covers(&permission.source, source))
    }
}

pub(super) fn read(template: &Template) -> Result<Functions, StartupError> {
    let globals = template.globals.section("Function")?;
    let mut functions =
        Functions { specs: BTreeMap::new(), by_arn: BTreeMap::new(), events: Vec::new(), permissions: Vec::new() };
    for resource in template.of_kind("AWS::Serverless::Function") {
        let properties = with_globals(&globals, &resource.properties)?;
        let function_name =
            properties.text("FunctionName")?.unwrap_or_else(|| format!("{}-{}", crate::aws::STACK, resource.name));
        functions.by_arn.insert(crate::aws::function_arn(&function_name), resource.name.clone());
        functions.by_arn.insert(function_name, resource.name.clone());
        let events = properties.section("Events")?;
        for name in events.names() {
            functions.events.push((resource.name.clone(), events.section(name)?));
        }
        functions.specs.insert(resource.name.clone(), function(resource, &properties)?);
    }
    for resource in template.of_kind("AWS::Lambda::Permission") {
        functions.permissions.push(permission(&resource.properties, &functions)?);
    }
    Ok(functions)
}

fn function(resource: &Resource, properties: &Properties) -> Result<FunctionSpec, StartupError> {
    properties.only(&[
        "Architectures",
        "CodeUri",
        "Description",
        "Environment",
        "EventInvokeConfig",
        "Events",
        "FunctionName",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "Policies",
        "ReservedConcurrentExecutions",
        "Runtime",
        "Tags",
        "Timeout",
        "Tracing",
    ])?;
    properties.one_of("Handler", &["bootstrap"])?;
    properties.one_of("Runtime", &["provided.al2023"])?;
    properties.required("CodeUri")?;
    let asynchronous = properties.section("EventInvokeConfig")?;
    asynchronous.only(&["MaximumRetryAttempts"])?;
    if properties.get("EventInvokeConfig").is_some() && asynchronous.number("MaximumRetryAttempts")? != Some(0) {
        return Err(asynchronous
            .problem("MaximumRetryAttempts", "the local gateway repeats no asynchronous call, so it supports only 0"));
    }
    resource.metadata.one_of("BuildMethod", &["rust-cargolambda"])?;
    let environment = properties.section("Environment")?;
    environment.only(&["Variables"])?;
    let variables = environment.section("Variables")?;
    let environment = variables.names().map(|name| Ok((name.to_owned(), variables.required(name)?)));
    Ok(FunctionSpec {
        name: resource.name.clone(),
        binary: resource.metadata.section("BuildProperties")?.required("Binary")?,
        environment: environment.collect::<Result<_, StartupError>>()?,
        timeout: Duration::from_secs(properties.number("Timeout")?.unwrap_or(DEFAULT_TIMEOUT)),
        memory: properties.number("MemorySize")?.unwrap_or(DEFAULT_MEMORY),
        policy: policy(properties)?,
    })
}

fn policy(properties: &Properties) -> Result<Policy, StartupError> {
    let mut statements = Vec::new();
    for document in properties.sections("Policies")? {
        document.only(&["Statement", "Version"])?;
        for statement in document.sections("Statement")? {
            statement.only(&["Action", "Effect", "Resource", "Sid"])?;
            statement.one_of("Effect", &["Allow"])?;
            statements.push(Statement { actions: statement.texts("Action")?, resources: statement.texts("Resource")? });
        }
    }
    Ok(Policy(statements))
}

fn permission(properties: &Properties, functions: &Functions) -> Result<Permission, StartupError> {
    properties.only(&["Action", "FunctionName", "Principal", "SourceArn"])?;
    properties.one_of("Action", &["lambda:InvokeFunction"])?;
    properties.one_of("Principal", &["apigateway.amazonaws.com"])?;
    let function = functions.behind(&properties.required("FunctionName")?).map(str::to_owned);
    let function = function.ok_or_else(|| properties.problem("FunctionName", "there is no such function"))?;
    Ok(Permission { function, source: properties.text("SourceArn")?.unwrap_or_else(|| "*".to_owned()) })
}

/// Merges a function's own properties over the `Globals`. Environments are merged variable by
/// variable, as SAM does.
fn with_globals(globals: &Properties, own: &Properties) -> Result<Properties, StartupError> {
    let mut merged = Value::Object(globals.fields().clone());
    merge(&mut merged, &Value::Object(own.fields().clone()));
    Properties::new(own.path("").trim_end_matches('.'), merged)
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
