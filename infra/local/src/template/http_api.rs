//! The HTTP API of the template: `AWS::Serverless::HttpApi` and the functions' `HttpApi` events.

use std::collections::BTreeMap;
use std::time::Duration;

use super::function::Functions;
use super::properties::Properties;
use super::resources::Template;
use super::schedule;
use crate::StartupError;

/// The HTTP API.
#[derive(Debug)]
pub(crate) struct HttpApiSpec {
    pub(crate) id: String,
    /// Its routes. Their order has no meaning.
    pub(crate) routes: Vec<HttpRoute>,
    /// Its CORS configuration.
    pub(crate) cors: Option<Cors>,
    /// Its authorizers by name.
    pub(crate) authorizers: BTreeMap<String, HttpAuthorizer>,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpRoute {
    /// The method; `None` means `ANY`.
    pub(crate) method: Option<String>,
    /// The path with its `{variables}`; `None` means the `$default` route.
    pub(crate) path: Option<String>,
    /// The name of the function that is called.
    pub(crate) function: String,
    /// The name of the authorizer, if the route has one.
    pub(crate) authorizer: Option<String>,
    /// The timeout of the integration, if it has one.
    pub(crate) timeout: Option<Duration>,
}

/// A Lambda authorizer with payload format 2.0 and simple responses.
#[derive(Clone, Debug)]
pub(crate) struct HttpAuthorizer {
    /// The name of the function that decides.
    pub(crate) function: String,
    /// The identity sources: request headers in lower case. If one is missing, the authorizer is
    /// not called.
    pub(crate) headers: Vec<String>,
    /// How long an answer is cached; zero means never.
    pub(crate) cache_ttl: Duration,
}

/// A CORS configuration.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) exposed: Vec<String>,
    pub(crate) max_age: Option<u64>,
    pub(crate) credentials: bool,
}

/// Reads the HTTP API, and its routes from the functions' events.
pub(super) fn read(template: &Template, functions: &Functions) -> Result<Option<HttpApiSpec>, StartupError> {
    let Some(api) = template.only("AWS::Serverless::HttpApi")? else {
        return match route_events(functions).next() {
            None => Ok(None),
            Some((_, event)) => {
                Err(event.problem("Type", "this event needs an AWS::Serverless::HttpApi, and the template has none"))
            }
        };
    };
    let properties = &api.properties;
    properties.only(&[
        "AccessLogSettings",
        "Auth",
        "CorsConfiguration",
        "DefaultRouteSettings",
        "Description",
        "FailOnWarnings",
        "Name",
        "PropagateTags",
        "Tags",
    ])?;
    let auth = properties.section("Auth")?;
    auth.only(&["Authorizers", "DefaultAuthorizer"])?;
    let declared = auth.section("Authorizers")?;
    let mut authorizers = BTreeMap::new();
    for name in declared.names() {
        authorizers.insert(name.to_owned(), authorizer(&declared.section(name)?, functions)?);
    }
    let default = auth.text("DefaultAuthorizer")?;
    if default.as_ref().is_some_and(|name| !authorizers.contains_key(name)) {
        return Err(auth.problem("DefaultAuthorizer", "there is no such authorizer"));
    }
    let mut routes = Vec::new();
    for (function, event) in route_events(functions) {
        let route = route(&api.name, function, event, default.as_ref(), &authorizers)?;
        if routes.iter().any(|other: &HttpRoute| other.method == route.method && other.path == route.path) {
            return Err(event.problem("Properties", "another event has the same route"));
        }
        routes.push(route);
    }
    Ok(Some(HttpApiSpec { id: api.name.clone(), routes, cors: cors(properties)?, authorizers }))
}

/// The events that are routes: all but schedules. Of any other type, `route` refuses it.
fn route_events(functions: &Functions) -> impl Iterator<Item = &(String, Properties)> {
    functions.events().iter().filter(|(_, event)| !schedule::is_schedule(event))
}

fn authorizer(section: &Properties, functions: &Functions) -> Result<HttpAuthorizer, StartupError> {
    section.only(&[
        "AuthorizerPayloadFormatVersion",
        "EnableFunctionDefaultPermissions",
        "EnableSimpleResponses",
        "FunctionArn",
        "Identity",
    ])?;
    section.one_of("AuthorizerPayloadFormatVersion", &["2.0"])?;
    for (name, why) in [
        ("EnableSimpleResponses", "the local gateway supports only simple responses: set it to true"),
        ("EnableFunctionDefaultPermissions", "without it API Gateway may not call the authorizer: set it to true"),
    ] {
        if !section.flag(name)? {
            return Err(section.problem(name, why));
        }
    }
    let function = functions.behind(&section.required("FunctionArn")?);
    let function = function.ok_or_else(|| section.problem("FunctionArn", "there is no such function"))?;
    let identity = section.section("Identity")?;
    identity.only(&["Headers", "ReauthorizeEvery"])?;
    let cache_ttl = Duration::from_secs(identity.number("ReauthorizeEvery")?.unwrap_or(0));
    let headers: Vec<_> = identity.texts("Headers")?.iter().map(|name| name.to_ascii_lowercase()).collect();
    if headers.is_empty() && !cache_ttl.is_zero() {
        return Err(identity.problem(
            "Headers",
            "ReauthorizeEvery needs at least one header: answers are cached by the values of these headers",
        ));
    }
    Ok(HttpAuthorizer { function: function.to_owned(), headers, cache_ttl })
}

fn route(
    api: &str,
    function: &str,
    event: &Properties,
    default: Option<&String>,
    authorizers: &BTreeMap<String, HttpAuthorizer>,
) -> Result<HttpRoute, StartupError> {
    event.only(&["Properties", "Type"])?;
    event.one_of("Type", &["HttpApi", schedule::KIND])?;
    let properties = event.section("Properties")?;
    properties.only(&["ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "TimeoutInMillis"])?;
    properties.one_of("ApiId", &[api])?;
    if properties.get("PayloadFormatVersion").is_some() {
        properties.one_of("PayloadFormatVersion", &["2.0"])?;
    }
    let path = properties.text("Path")?;
    if let Some(path) = &path {
        check_path(path).map_err(|what| properties.problem("Path", what))?;
    }
    let method = properties.text("Method")?.map(|method| method.to_ascii_uppercase());
    if method.is_some() != path.is_some() {
        return Err(properties.problem("Path", "a route needs Method and Path; only the $default route has neither"));
    }
    let auth = properties.section("Auth")?;
    auth.only(&["Authorizer"])?;
    let authorizer = match auth.text("Authorizer")? {
        None => default.cloned(),
        Some(none) if none == "NONE" => None,
        Some(name) if authorizers.contains_key(&name) => Some(name),
        Some(_) => return Err(auth.problem("Authorizer", "there is no such authorizer")),
    };
    Ok(HttpRoute {
        method: method.filter(|method| !matches!(method.as_str(), "ANY" | "*" | "X-AMAZON-APIGATEWAY-ANY-METHOD")),
        path,
        function: function.to_owned(),
        authorizer,
        timeout: properties.number("TimeoutInMillis")?.map(Duration::from_millis),
    })
}

/// Checks that each segment is literal or `{name}`. The last one may also be `{name+}`.
fn check_path(path: &str) -> Result<(), &'static str> {
    let segments = path.strip_prefix('/').ok_or("a path must start with a slash")?;
    let mut segments = segments.split('/').peekable();
    while let Some(segment) = segments.next() {
        let variable = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match variable {
            Some(name) if name.ends_with('+') && segments.peek().is_some() => {
                return Err("a greedy path variable must be the last segment");
            }
            Some(name) if name.trim_end_matches('+').is_empty() => return Err("a path variable must have a name"),
            None if segment.contains(['{', '}']) => return Err("a path variable must be a whole segment"),
            _ => {}
        }
    }
    Ok(())
}

fn cors(api: &Properties) -> Result<Option<Cors>, StartupError> {
    if api.get("CorsConfiguration").is_none() {
        return Ok(None);
    }
    let section = api.section("CorsConfiguration")?;
    section.only(&["AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders", "MaxAge"])?;
    Ok(Some(Cors {
        origins: section.texts("AllowOrigins")?,
        methods: section.texts("AllowMethods")?,
        headers: section.texts("AllowHeaders")?,
        exposed: section.texts("ExposeHeaders")?,
        max_age: section.number("MaxAge")?,
        credentials: section.flag("AllowCredentials")?,
    }))
}
