//! The WebSocket API of the template, which consists of plain `AWS::ApiGatewayV2` resources.
//!
//! For an HTTP API, SAM adds the permission that API Gateway may call a function. For plain
//! resources the template must have it. On AWS a missing permission leads to a 500 response; here
//! it stops the start.

use std::collections::BTreeMap;
use std::time::Duration;

use super::function::Functions;
use super::properties::Properties;
use super::resources::{Resource, Template};
use crate::StartupError;
use crate::aws::execute_api_arn;

/// The WebSocket API with its only stage.
#[derive(Debug)]
pub(crate) struct WebSocketSpec {
    pub(crate) id: String,
    /// Its stage, which is the first segment of the path that clients connect to.
    pub(crate) stage: String,
    /// The path of the route key in a frame's JSON. `$request.body.action` is `["action"]`.
    pub(crate) selection: Vec<String>,
    /// Its routes by route key.
    pub(crate) routes: BTreeMap<String, WebSocketRoute>,
}

/// One route.
#[derive(Clone, Debug)]
pub(crate) struct WebSocketRoute {
    /// The name of the function that handles its frames.
    pub(crate) function: String,
    /// Whether the client gets the body of the function's answer.
    pub(crate) two_way: bool,
    /// The timeout of the integration, if it has one.
    pub(crate) timeout: Option<Duration>,
    /// The authorizer. Only `$connect` can have one.
    pub(crate) authorizer: Option<WebSocketAuthorizer>,
}

/// A REQUEST authorizer, which answers with an IAM policy.
#[derive(Clone, Debug)]
pub(crate) struct WebSocketAuthorizer {
    /// The name of the function that decides.
    pub(crate) function: String,
    /// The identity sources. If one is missing, the authorizer is not called.
    pub(crate) identity: Vec<IdentitySource>,
}

/// A part of the handshake that identifies the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdentitySource {
    /// A parameter of the query string.
    Query(String),
    /// A request header, in lower case.
    Header(String),
}

pub(super) fn read(template: &Template, functions: &Functions) -> Result<Option<WebSocketSpec>, StartupError> {
    let Some(api) = template.only("AWS::ApiGatewayV2::Api")? else { return Ok(None) };
    api.properties.only(&["Description", "Name", "ProtocolType", "RouteSelectionExpression", "Tags"])?;
    api.properties.one_of("ProtocolType", &["WEBSOCKET"])?;
    let expression = api.properties.required("RouteSelectionExpression")?;
    let selection = expression.strip_prefix("$request.body.").map(|path| path.split('.').map(str::to_owned).collect());
    let selection = selection.ok_or_else(|| {
        api.properties.problem("RouteSelectionExpression", "the local gateway supports only $request.body.FIELD")
    })?;
    let stage = stage(template, &api.name)?;
    let reader = Reader { template, functions, api: &api.name, stage: &stage };
    let mut routes = BTreeMap::new();
    for resource in template.of_kind("AWS::ApiGatewayV2::Route") {
        let (key, route) = reader.route(resource)?;
        if routes.insert(key, route).is_some() {
            return Err(resource.properties.problem("RouteKey", "another route has the same key"));
        }
    }
    Ok(Some(WebSocketSpec { id: api.name.clone(), stage, selection, routes }))
}

fn stage(template: &Template, api: &str) -> Result<String, StartupError> {
    let stage = template.only("AWS::ApiGatewayV2::Stage")?;
    let stage = stage.ok_or_else(|| StartupError::template(format!("Resources.{api}"), "this API has no stage"))?;
    let properties = &stage.properties;
    properties.only(&[
        "AccessLogSettings",
        "ApiId",
        "AutoDeploy",
        "DefaultRouteSettings",
        "Description",
        "StageName",
        "Tags",
    ])?;
    properties.one_of("ApiId", &[api])?;
    if !properties.flag("AutoDeploy")? {
        return Err(properties.problem("AutoDeploy", "the local gateway supports only stages with AutoDeploy: true"));
    }
    properties.required("StageName")
}

struct Reader<'a> {
    template: &'a Template,
    functions: &'a Functions,
    api: &'a str,
    stage: &'a str,
}

impl Reader<'_> {
    fn route(&self, resource: &Resource) -> Result<(String, WebSocketRoute), StartupError> {
        let properties = &resource.properties;
        properties.only(&[
            "ApiId",
            "AuthorizationType",
            "AuthorizerId",
            "OperationName",
            "RouteKey",
            "RouteResponseSelectionExpression",
            "Target",
        ])?;
        properties.one_of("ApiId", &[self.api])?;
        let key = properties.required("RouteKey")?;
        let target = properties.required("Target")?;
        let integration = target.strip_prefix("integrations/");
        let integration = integration.and_then(|name| self.find("AWS::ApiGatewayV2::Integration", name));
        let integration = integration.ok_or_else(|| properties.problem("Target", "there is no such integration"))?;
        let (function, timeout) = self.integration(&integration.properties)?;
        self.callable(properties, &function, &format!("{}/{key}", self.stage))?;
        let authorizer = self.authorizer_of(properties)?;
        if authorizer.is_some() && key != "$connect" {
            return Err(properties.problem("AuthorizerId", "only $connect can have an authorizer"));
        }
        Ok((key, WebSocketRoute { function, timeout, authorizer, two_way: self.two_way(resource)? }))
    }

    fn integration(&self, properties: &Properties) -> Result<(String, Option<Duration>), StartupError> {
        properties.only(&[
            "ApiId",
            "ContentHandlingStrategy",
            "Description",
            "IntegrationMethod",
            "IntegrationType",
            "IntegrationUri",
            "TimeoutInMillis",
        ])?;
        properties.one_of("ApiId", &[self.api])?;
        properties.one_of("IntegrationType", &["AWS_PROXY"])?;
        let function = self.function(properties, "IntegrationUri")?;
        Ok((function, properties.number("TimeoutInMillis")?.map(Duration::from_millis)))
    }

    fn authorizer_of(&self, route: &Properties) -> Result<Option<WebSocketAuthorizer>, StartupError> {
        if route.get("AuthorizationType").is_none() {
            return Ok(None);
        }
        if route.one_of("AuthorizationType", &["NONE", "CUSTOM"])? == "NONE" {
            return Ok(None);
        }
        let name = route.required("AuthorizerId")?;
        let authorizer = self.find("AWS::ApiGatewayV2::Authorizer", &name);
        let authorizer = authorizer.ok_or_else(|| route.problem("AuthorizerId", "there is no such authorizer"))?;
        let properties = &authorizer.properties;
        properties.only(&["ApiId", "AuthorizerType", "AuthorizerUri", "IdentitySource", "Name"])?;
        properties.one_of("ApiId", &[self.api])?;
        properties.one_of("AuthorizerType", &["REQUEST"])?;
        let function = self.function(properties, "AuthorizerUri")?;
        self.callable(properties, &function, &format!("authorizers/{name}"))?;
        let sources = properties.texts("IdentitySource")?;
        let identity = sources.iter().map(|source| {
            if let Some(name) = source.strip_prefix("route.request.querystring.") {
                Ok(IdentitySource::Query(name.to_owned()))
            } else if let Some(name) = source.strip_prefix("route.request.header.") {
                Ok(IdentitySource::Header(name.to_ascii_lowercase()))
            } else {
                Err(properties.problem("IdentitySource", format!("the local gateway does not support {source}")))
            }
        });
        Ok(Some(WebSocketAuthorizer { function, identity: identity.collect::<Result<_, _>>()? }))
    }

    /// Returns true if the route returns answers to the client. For that AWS needs both a selected
    /// response and a `$default` response.
    fn two_way(&self, route: &Resource) -> Result<bool, StartupError> {
        let mut responses = 0;
        for response in self.template.of_kind("AWS::ApiGatewayV2::RouteResponse") {
            let properties = &response.properties;
            properties.only(&["ApiId", "RouteId", "RouteResponseKey"])?;
            properties.one_of("ApiId", &[self.api])?;
            properties.one_of("RouteResponseKey", &["$default"])?;
            responses += usize::from(properties.required("RouteId")? == route.name);
        }
        let selects = route.properties.text("RouteResponseSelectionExpression")?.is_some_and(|key| key == "$default");
        if selects == (responses == 1) {
            return Ok(selects);
        }
        Err(route.properties.problem(
            "RouteResponseSelectionExpression",
            "a two-way route needs both $default here and one AWS::ApiGatewayV2::RouteResponse; this route has only one",
        ))
    }

    fn function(&self, properties: &Properties, name: &str) -> Result<String, StartupError> {
        let uri = properties.required(name)?;
        let function = if uri.ends_with("/invocations") { self.functions.behind(&uri) } else { None };
        function
            .map(str::to_owned)
            .ok_or_else(|| properties.problem(name, "this is not the invocation URI of a function in the template"))
    }

    fn callable(&self, properties: &Properties, function: &str, path: &str) -> Result<(), StartupError> {
        let source = execute_api_arn(self.api, path);
        if self.functions.callable_from(function, &source) {
            return Ok(());
        }
        let what = format!("no AWS::Lambda::Permission allows API Gateway to call {function} from {source}");
        Err(properties.problem("ApiId", what))
    }

    fn find<'a>(&'a self, kind: &'a str, name: &str) -> Option<&'a Resource> {
        self.template.of_kind(kind).find(|resource| resource.name == name)
    }
}
