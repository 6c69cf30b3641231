//! The handshake calls the authorizer, then `$connect`, and then answers 101.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::WebSocketApi;
use super::connections::Connection;
use super::event::Event;
use crate::aws::covers;
use crate::lambda::Failure;
use crate::query::Query;
use crate::respond::json_response;
use crate::template::{IdentitySource, WebSocketAuthorizer};
use crate::undocumented::{CONNECT_TIMED_OUT, NOT_A_HANDSHAKE};

/// Why a handshake was refused.
struct Refused {
    status: StatusCode,
    message: &'static str,
    request_id: String,
}

impl WebSocketApi {
    /// Answers one request to `/{stage}`, and serves the connection if the handshake succeeds.
    pub(crate) async fn open(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let Some(key) = websocket_key(&request) else {
            return json_response(NOT_A_HANDSHAKE, &json!({ "message": "Upgrade Required" }));
        };
        let (answer, answered) = oneshot::channel();
        // In a task of its own: if the client disconnects during the handshake, the server drops
        // this future, but `$disconnect` must still be called.
        tokio::spawn(self.run_connection(request, peer, key, answer));
        let failed = |_| json_response(StatusCode::BAD_GATEWAY, &json!({ "message": "Internal server error" }));
        answered.await.unwrap_or_else(failed)
    }

    /// Runs a connection from its handshake until `$disconnect` has answered.
    async fn run_connection(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        peer: SocketAddr,
        key: String,
        answer: oneshot::Sender<Response<Full<Bytes>>>,
    ) {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let domain = text(header::HOST).unwrap_or_default();
        let (mut connection, outgoing) = Connection::new(peer.ip().to_string(), text(header::USER_AGENT), domain);
        let subprotocol = match self.admit(&mut connection, request.headers(), request.uri().query()).await {
            Ok(subprotocol) => subprotocol,
            Err(Refused { status, message, request_id }) => {
                let body = json!({ "message": message, "connectionId": connection.id, "requestId": request_id });
                self.kept.remove(&connection.id);
                let _client = answer.send(json_response(status, &body));
                return;
            }
        };
        let connection = Arc::new(connection);
        self.connections.enter(connection.clone());
        let upgrade = hyper::upgrade::on(&mut request);
        let _client = answer.send(switching(&key, subprotocol));
        self.serve(connection, outgoing, upgrade).await;
    }

    /// Calls the authorizer and `$connect`. Returns the subprotocol that `$connect` chose, if any.
    async fn admit(
        &self,
        connection: &mut Connection,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Result<Option<String>, Refused> {
        let Some(route) = self.spec.routes.get("$connect") else {
            self.kept.add(connection);
            return Ok(None);
        };
        let query = Query::parse(query.unwrap_or_default());
        if let Some(authorizer) = &route.authorizer {
            connection.authorizer = Some(self.authorize(authorizer, connection, headers, &query).await?);
        }
        // Before `$connect`, which writes the connection's row: the process may be killed after
        // that.
        self.kept.add(connection);
        let Event { value, request_id } = self.connect_event(connection, headers, &query);
        let refuse = |status, message| Err(Refused { status, message, request_id });
        let timeout = route.timeout.map_or(self.timers.websocket, |own| own.min(self.timers.websocket));
        match self.lambdas.call(&route.function, value, timeout).await {
            Ok(answer) => match answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()) {
                Some(200..=299) => Ok(subprotocol(&answer["headers"])),
                Some(other) => match StatusCode::from_u16(other) {
                    Ok(status) => refuse(status, status.canonical_reason().unwrap_or_default()),
                    Err(_) => refuse(StatusCode::BAD_GATEWAY, "Internal server error"),
                },
                None => refuse(StatusCode::BAD_GATEWAY, "Internal server error"),
            },
            Err(Failure::Integration) => refuse(CONNECT_TIMED_OUT, "Endpoint request timed out"),
            Err(_) => refuse(StatusCode::BAD_GATEWAY, "Internal server error"),
        }
    }

    async fn authorize(
        &self,
        authorizer: &WebSocketAuthorizer,
        connection: &Connection,
        headers: &HeaderMap,
        query: &Query,
    ) -> Result<Map<String, Value>, Refused> {
        let Event { value, request_id } = self.authorizer_event(connection, headers, query);
        let refuse = |status, message| Err(Refused { status, message, request_id });
        let present = |source: &IdentitySource| match source {
            IdentitySource::Query(name) => query.get(name).is_some_and(|value| !value.is_empty()),
            IdentitySource::Header(name) => headers.get(name).is_some_and(|value| !value.is_empty()),
        };
        if !authorizer.identity.iter().all(present) {
            return refuse(StatusCode::UNAUTHORIZED, "Unauthorized");
        }
        let answer = self.lambdas.call(&authorizer.function, value, self.timers.websocket).await;
        match answer.ok().and_then(|answer| decision(&answer, &self.connect_arn())) {
            Some(PolicyDecision::Allow(context)) => Ok(context),
            Some(PolicyDecision::Deny) => refuse(StatusCode::FORBIDDEN, "Forbidden"),
            None => refuse(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
        }
    }
}

/// The 101 response to a handshake.
fn switching(key: &str, subprotocol: Option<String>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, http::HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, http::HeaderValue::from_static("websocket"));
    if let Ok(accept) = derive_accept_key(key.as_bytes()).parse() {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(Ok(subprotocol)) = subprotocol.map(|name| name.parse()) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}

enum PolicyDecision {
    Allow(Map<String, Value>),
    Deny,
}

/// The decision of an IAM policy about `resource`. Returns `None` if AWS would not accept the
/// answer: it has no principal, or its context is nested.
fn decision(answer: &Value, resource: &str) -> Option<PolicyDecision> {
    let principal = answer["principalId"].as_str()?;
    let statements = match &answer["policyDocument"]["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        Value::Object(_) => vec![&answer["policyDocument"]["Statement"]],
        _ => return None,
    };
    let about =
        |statement: &&Value| any(&statement["Action"], "execute-api:Invoke") && any(&statement["Resource"], resource);
    let mut allowed = false;
    for statement in statements.into_iter().filter(about) {
        match statement["Effect"].as_str()? {
            "Allow" => allowed = true,
            _ => return Some(PolicyDecision::Deny),
        }
    }
    if !allowed {
        return Some(PolicyDecision::Deny);
    }
    let mut context = Map::new();
    let none = Map::new();
    for (name, value) in answer["context"].as_object().unwrap_or(&none) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => return None,
        };
        context.insert(name.clone(), Value::String(text));
    }
    context.insert("principalId".to_owned(), json!(principal));
    context.insert("integrationLatency".to_owned(), json!(1));
    Some(PolicyDecision::Allow(context))
}

fn any(patterns: &Value, value: &str) -> bool {
    match patterns {
        Value::String(pattern) => covers(pattern, value),
        Value::Array(patterns) => patterns.iter().filter_map(Value::as_str).any(|pattern| covers(pattern, value)),
        _ => false,
    }
}

fn subprotocol(headers: &Value) -> Option<String> {
    let headers = headers.as_object()?;
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"))?;
    value.as_str().map(str::to_owned)
}

/// The `Sec-WebSocket-Key` of a request; `None` if the request is not a WebSocket handshake.
fn websocket_key(request: &Request<Incoming>) -> Option<String> {
    let has = |name, token: &str| {
        let values = request.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    let handshake = request.method() == http::Method::GET
        && has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    handshake.then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "arn:aws:execute-api:us-east-1:123456789012:Api/prod/$connect";

    fn policy(effect: &str, resource: &str, context: &Value) -> Value {
        let statement = json!({ "Action": "execute-api:Invoke", "Effect": effect, "Resource": resource });
        json!({
            "principalId": "me",
            "policyDocument": { "Version": "2012-10-17", "Statement": [statement] },
            "context": context,
        })
    }

    #[test]
    fn the_context_of_an_allow_arrives_as_texts() {
        let answer = policy("Allow", "*", &json!({ "name": "Ada", "age": 36, "admin": true }));
        let Some(PolicyDecision::Allow(context)) = decision(&answer, HERE) else { panic!("not allowed") };
        assert_eq!(context["name"], "Ada");
        assert_eq!(context["age"], "36");
        assert_eq!(context["admin"], "true");
        assert_eq!(context["principalId"], "me");
    }

    #[test]
    fn anything_but_an_allow_for_this_connection_denies() {
        assert!(matches!(decision(&policy("Deny", "*", &json!({})), HERE), Some(PolicyDecision::Deny)));
        let elsewhere = "arn:aws:execute-api:us-east-1:123456789012:Api/prod/other";
        assert!(matches!(decision(&policy("Allow", elsewhere, &json!({})), HERE), Some(PolicyDecision::Deny)));
    }

    #[test]
    fn invalid_policies_give_no_decision() {
        assert!(decision(&json!({ "isAuthorized": true }), HERE).is_none());
        assert!(decision(&policy("Allow", "*", &json!({ "nested": {} })), HERE).is_none());
    }
}
