//! Resolves the names of the template on this machine: parameters, conditions, pseudo parameters,
//! `Ref` and `GetAtt`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::StartupError;
use crate::aws::{ACCOUNT, PARTITION, REGION, STACK};

/// The inputs of a template that it does not contain itself.
pub(crate) struct TemplateInputs {
    /// The `HOST:PORT` with which clients reach the gateway.
    pub(crate) authority: String,
    /// Parameters from the command line.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Defaults of parameters that differ from those on AWS. A name that the template does not have
    /// is ignored.
    pub(crate) defaults: BTreeMap<String, String>,
}

/// The names of one template.
pub(super) struct Scope<'a> {
    template_inputs: &'a TemplateInputs,
    parameters: BTreeMap<String, Value>,
    conditions: Map<String, Value>,
    resources: &'a Map<String, Value>,
}

impl<'a> Scope<'a> {
    /// A scope with the `Parameters`, `Conditions` and `Resources` of a template.
    pub(super) fn new(
        template_inputs: &'a TemplateInputs,
        declared: &Map<String, Value>,
        conditions: Map<String, Value>,
        resources: &'a Map<String, Value>,
    ) -> Result<Self, StartupError> {
        if let Some(unknown) = template_inputs.parameters.keys().find(|name| !declared.contains_key(*name)) {
            return Err(StartupError::template("Parameters", format!("the template has no parameter {unknown}")));
        }
        let mut parameters = BTreeMap::new();
        for (name, declaration) in declared {
            parameters.insert(name.clone(), parameter(template_inputs, name, declaration)?);
        }
        Ok(Self { template_inputs, parameters, conditions, resources })
    }

    /// The value of a condition.
    pub(super) fn condition(&self, name: &str) -> Result<bool, StartupError> {
        let at = format!("Conditions.{name}");
        let condition =
            self.conditions.get(name).ok_or_else(|| StartupError::template(&at, "there is no such condition"))?;
        self.holds(condition, &at)
    }

    /// Returns `value` with every intrinsic function in it resolved.
    pub(super) fn resolve(&self, value: &Value, at: &str) -> Result<Value, StartupError> {
        match value {
            Value::Object(fields) => match single(fields) {
                Some((name, argument)) if name == "Ref" || name == "Condition" || name.starts_with("Fn::") => {
                    self.call(name, argument, at)
                }
                _ => self.section(fields, at),
            },
            Value::Array(items) => {
                let mut resolved = Vec::new();
                for (n, item) in items.iter().enumerate() {
                    let item = self.resolve(item, &format!("{at}[{n}]"))?;
                    if !item.is_null() {
                        resolved.push(item);
                    }
                }
                Ok(Value::Array(resolved))
            }
            Value::String(text) if text.contains("{{resolve:") => {
                Err(StartupError::template(at, "the local gateway does not support {{resolve: references"))
            }
            other => Ok(other.clone()),
        }
    }

    fn section(&self, fields: &Map<String, Value>, at: &str) -> Result<Value, StartupError> {
        let mut resolved = Map::new();
        for (name, value) in fields {
            resolved.insert(name.clone(), self.resolve(value, &format!("{at}.{name}"))?);
        }
        Ok(Value::Object(resolved))
    }

    fn call(&self, name: &str, argument: &Value, at: &str) -> Result<Value, StartupError> {
        match (name, argument) {
            ("Ref", Value::String(target)) => self.reference(target, at),
            ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
                [Value::String(resource), Value::String(attribute)] => {
                    self.attribute(resource, attribute, at).map(Value::String)
                }
                _ => Err(StartupError::template(at, "Fn::GetAtt takes a resource and an attribute")),
            },
            ("Fn::Sub", Value::String(text)) => self.substitute(text, &Map::new(), at),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(names)] => self.substitute(text, names, at),
                _ => Err(StartupError::template(at, "Fn::Sub takes a string, or a string and a mapping")),
            },
            ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(separator), list] => self.join(separator, list, at),
                _ => Err(StartupError::template(at, "Fn::Join takes a separator and a list")),
            },
            ("Fn::Split", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(separator), text] => {
                    let text = self.text(text, at)?;
                    Ok(text.split(separator.as_str()).map(str::to_owned).collect())
                }
                _ => Err(StartupError::template(at, "Fn::Split takes a separator and a string")),
            },
            ("Fn::If", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(condition), then, otherwise] => {
                    self.resolve(if self.condition(condition)? { then } else { otherwise }, at)
                }
                _ => Err(StartupError::template(at, "Fn::If takes a condition and two values")),
            },
            (unknown, _) => Err(StartupError::template(
                at,
                format!("the local gateway does not support {unknown}, or not with this argument"),
            )),
        }
    }

    fn holds(&self, condition: &Value, at: &str) -> Result<bool, StartupError> {
        let unsupported = || {
            StartupError::template(
                at,
                "the local gateway supports only Fn::Equals, Fn::Not and Condition in a condition",
            )
        };
        let (name, argument) = condition.as_object().and_then(single).ok_or_else(unsupported)?;
        match (name, argument) {
            ("Condition", Value::String(other)) => self.condition(other),
            ("Fn::Equals", Value::Array(sides)) => match sides.as_slice() {
                [left, right] => Ok(self.text(left, at)? == self.text(right, at)?),
                _ => Err(StartupError::template(at, "Fn::Equals takes two values")),
            },
            ("Fn::Not", Value::Array(inner)) => match inner.as_slice() {
                [inner] => Ok(!self.holds(inner, at)?),
                _ => Err(StartupError::template(at, "Fn::Not takes one condition")),
            },
            _ => Err(unsupported()),
        }
    }

    fn reference(&self, name: &str, at: &str) -> Result<Value, StartupError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        let text = match name {
            "AWS::NoValue" => return Ok(Value::Null),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => PARTITION.to_owned(),
            "AWS::Region" => REGION.to_owned(),
            "AWS::StackName" => STACK.to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            _ => self.identity(name, at)?,
        };
        Ok(Value::String(text))
    }

    /// What `Ref` of a resource returns. For a stage, a table or a function it is the name. For
    /// others it is the id, for which the logical id is used here. (For a queue it is the URL, which
    /// nothing here needs; its ARN has the name.)
    fn identity(&self, resource: &str, at: &str) -> Result<String, StartupError> {
        let named = match self.kind(resource, at)? {
            "AWS::DynamoDB::Table" => Some("TableName"),
            "AWS::ApiGatewayV2::Stage" => Some("StageName"),
            "AWS::Serverless::Function" => Some("FunctionName"),
            "AWS::SQS::Queue" => Some("QueueName"),
            _ => return Ok(resource.to_owned()),
        };
        let own = named.and_then(|property| self.resources[resource].get("Properties")?.get(property));
        own.map_or_else(|| Ok(format!("{STACK}-{resource}")), |name| self.text(name, at))
    }

    fn attribute(&self, resource: &str, attribute: &str, at: &str) -> Result<String, StartupError> {
        let identity = self.identity(resource, at)?;
        match (self.kind(resource, at)?, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => Ok(crate::aws::table_arn(&identity)),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                let stream = self.resources[resource].get("Properties").and_then(|it| it.get("StreamSpecification"));
                stream.ok_or_else(|| StartupError::template(at, format!("StreamArn: {resource} has no stream")))?;
                Ok(crate::aws::stream_arn(&identity))
            }
            ("AWS::SQS::Queue", "Arn") => Ok(crate::aws::queue_arn(&identity)),
            ("AWS::Serverless::Function", "Arn") => Ok(crate::aws::function_arn(&identity)),
            ("AWS::Logs::LogGroup", "Arn") => Ok(crate::aws::log_group_arn(&identity)),
            ("AWS::ApiGatewayV2::Api", "ApiId") => Ok(identity),
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => Ok(format!("ws://{}", self.template_inputs.authority)),
            ("AWS::Serverless::HttpApi", "ApiEndpoint") => Ok(format!("http://{}", self.template_inputs.authority)),
            (kind, _) => Err(StartupError::template(
                at,
                format!("the local gateway does not support the attribute {attribute} of {kind}"),
            )),
        }
    }

    fn kind(&self, resource: &str, at: &str) -> Result<&str, StartupError> {
        let found = self.resources.get(resource).and_then(|resource| resource.get("Type")).and_then(Value::as_str);
        found.ok_or_else(|| StartupError::template(at, format!("there is no parameter or resource {resource}")))
    }

    fn substitute(&self, text: &str, names: &Map<String, Value>, at: &str) -> Result<Value, StartupError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let inside = &rest[start + 2..];
            let end = inside.find('}').ok_or_else(|| StartupError::template(at, "a ${ has no closing }"))?;
            let name = inside[..end].trim();
            if let Some(literal) = name.strip_prefix('!') {
                result.extend(["${", literal, "}"]);
            } else if let Some(value) = names.get(name) {
                result.push_str(&self.text(value, at)?);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                result.push_str(&self.attribute(resource, attribute, at)?);
            } else {
                result.push_str(&plain(&self.reference(name, at)?, at)?);
            }
            rest = &inside[end + 1..];
        }
        result.push_str(rest);
        Ok(Value::String(result))
    }

    fn join(&self, separator: &str, list: &Value, at: &str) -> Result<Value, StartupError> {
        let Value::Array(items) = self.resolve(list, at)? else {
            return Err(StartupError::template(at, "Fn::Join takes a separator and a list"));
        };
        let items = items.iter().map(|item| plain(item, at)).collect::<Result<Vec<_>, _>>()?;
        Ok(Value::String(items.join(separator)))
    }

    fn text(&self, value: &Value, at: &str) -> Result<String, StartupError> {
        plain(&self.resolve(value, at)?, at)
    }
}

fn parameter(template_inputs: &TemplateInputs, name: &str, declaration: &Value) -> Result<Value, StartupError> {
    let at = format!("Parameters.{name}");
    let given = template_inputs.parameters.get(name).or_else(|| template_inputs.defaults.get(name)).cloned();
    let default = || declaration.get("Default").map(|value| plain(value, &at)).transpose();
    let value = given.map_or_else(default, |value| Ok(Some(value)))?;
    let value =
        value.ok_or_else(|| StartupError::template(&at, "this parameter has no value: add --parameter Name=Value"))?;
    if let Some(Value::Array(allowed)) = declaration.get("AllowedValues")
        && !allowed.iter().any(|one| plain(one, &at).is_ok_and(|one| one == value))
    {
        return Err(StartupError::template(&at, format!("{value:?} is not one of its AllowedValues")));
    }
    match declaration.get("Type").and_then(Value::as_str) {
        Some("String" | "Number") => Ok(Value::String(value)),
        Some("CommaDelimitedList") => Ok(value.split(',').map(|item| item.trim().to_owned()).collect()),
        kind => {
            Err(StartupError::template(at, format!("the local gateway does not support parameters of type {kind:?}")))
        }
    }
}

/// Returns the entry of a section that has only one, as intrinsic functions do.
fn single(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = fields.iter();
    let (name, value) = entries.next()?;
    entries.next().is_none().then_some((name.as_str(), value))
}

fn plain(value: &Value, at: &str) -> Result<String, StartupError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(StartupError::template(at, "must be a string")),
    }
}
