//! Checks tokens and tickets. No other function sees them.
//!
//! API Gateway calls the authorizer before any other function. For REST it passes the
//! `Authorization` header and caches the answer for some minutes by token. For WebSocket it passes
//! the ticket, once per connection. Later events contain the context of the answer. The answer does
//! not tell why a token or a ticket was refused.

mod jwks;
mod key_algorithm;
mod refresh;
mod secret;
mod settings;
mod token;

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Person, Ticket, Time};
use runtime::{Clock, Environment, Error, Function, LambdaEvent, SdkConfig, StartError};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Store;
use tracing::Instrument;

use crate::settings::Settings;
use crate::token::{TokenError, Verified, Verifier};

struct Authorizer {
    store: Store,
    verifier: Verifier,
    origins: Vec<String>,
    clock: Clock,
}

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    let settings = Settings::from(environment)?;
    let authorizer = Arc::new(Authorizer {
        store: Store::new(sdk, environment.required("TABLE_NAME")?),
        verifier: Verifier::new(sdk, settings.keys, settings.issuer, settings.audience),
        origins: settings.origins,
        clock: Clock::of(sdk),
    });
    Ok(Function::new(move |event| {
        let authorizer = authorizer.clone();
        async move {
            let span = span(&event);
            let request = serde_json::from_value(event.payload)?;
            authorizer.answer(request, authorizer.clock.now()).instrument(span).await
        }
    }))
}

/// The log span of an event. It has no user, because the caller is not identified yet.
fn span(event: &LambdaEvent<Value>) -> tracing::Span {
    let context = |name| event.payload["requestContext"][name].as_str();
    tracing::error_span!(
        "authorizer",
        request_id = context("requestId"),
        invocation_id = event.context.request_id,
        route = context("routeKey"),
        connection_id = context("connectionId"),
    )
}

/// The fields used of both kinds of events. Only a WebSocket event has an ARN, of the method that
/// the client calls.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method_arn: Option<String>,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    query_string_parameters: Option<HashMap<String, String>>,
}

impl Authorizer {
    async fn answer(&self, request: Request, now: Time) -> Result<Value, Error> {
        match &request.method_arn {
            Some(arn) => self.authorize_connection(&request, arn, now).await,
            None => self.authorize_request(&request, now).await,
        }
    }

    /// Authorizes a REST request by its JWT.
    async fn authorize_request(&self, request: &Request, now: Time) -> Result<Value, Error> {
        let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let Some(token) = token else { return Ok(json!({ "isAuthorized": false })) };
        match self.verifier.verify(token, now).await {
            Ok(Verified { person, is_agent, expires }) => {
                let mut context = context(&person, expires);
                if is_agent {
                    context["agent"] = "true".into();
                }
                Ok(json!({ "isAuthorized": true, "context": context }))
            }
            // Returned as an error, because API Gateway would cache a refusal, and the client would
            // discard its token.
            Err(TokenError::KeysUnavailable(error)) => Err(error),
            Err(refusal) => {
                tracing::info!(%refusal, "token refused");
                Ok(json!({ "isAuthorized": false }))
            }
        }
    }

    /// Authorizes a WebSocket handshake. The origin must be allowed, then the ticket is checked and
    /// deleted.
    async fn authorize_connection(&self, request: &Request, arn: &str, now: Time) -> Result<Value, Error> {
        // Browsers always send the page's origin. Other clients need not send one: only a browser
        // can be misused by a page of another origin.
        if let Some(origin) = request.header("origin")
            && !self.origins.iter().any(|allowed| allowed == origin)
        {
            tracing::info!("origin refused");
            return Ok(policy("nobody", "Deny", arn, &json!({})));
        }
        let ticket = request.query_string_parameters.as_ref().and_then(|parameters| parameters.get("ticket"));
        let ticket = Ticket::from_client(ticket.map(String::as_str).unwrap_or_default());
        match self.store.take_ticket(&ticket.hash(), now).await? {
            Some(holder) if now.seconds() < holder.token_expires => {
                let context = context(&holder.person, holder.token_expires);
                Ok(policy(&holder.person.user_id, "Allow", arn, &context))
            }
            _ => {
                tracing::info!("ticket refused");
                Ok(policy("nobody", "Deny", arn, &json!({})))
            }
        }
    }
}

impl Request {
    /// HTTP APIs send header names in lower case, WebSocket APIs as the client wrote them.
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The context that API Gateway adds to every later event. All values are text, because a WebSocket
/// API accepts nothing else.
fn context(person: &Person, expires: i64) -> Value {
    json!({
        "userId": person.user_id,
        "role": person.role,
        "name": person.name,
        "expires": expires.to_string(),
    })
}

/// An IAM policy, the form of answer that a WebSocket API expects.
fn policy(principal: &str, effect: &str, arn: &str, context: &Value) -> Value {
    json!({
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": arn }],
        },
        "context": context,
    })
}
