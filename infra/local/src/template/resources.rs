//! The resources of a template, with every name in their properties resolved.

use serde_json::{Map, Value};

use super::properties::Properties;
use super::scope::Scope;
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
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::SQS::Queue",
    "AWS::Serverless::Function",
    "AWS::Serverless::HttpApi",
];

/// One resource with its properties resolved.
pub(super) struct Resource {
    pub(super) name: String,
    kind: String,
    pub(super) properties: Properties,
    pub(super) metadata: Properties,
}

/// The parts of a template that the readers of the other files need.
pub(super) struct Template {
    resources: Vec<Resource>,
    pub(super) globals: Properties,
}

impl Template {
    /// Resolves the declared resources.
    pub(super) fn new(
        declared: &Map<String, Value>,
        globals: Properties,
        scope: &Scope<'_>,
    ) -> Result<Self, StartupError> {
        Ok(Self { resources: resources(declared, scope)?, globals })
    }

    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }

    /// Returns the resource of this kind. The gateway serves at most one; more are an error.
    pub(super) fn only<'a>(&'a self, kind: &'a str) -> Result<Option<&'a Resource>, StartupError> {
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
