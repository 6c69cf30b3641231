//! Who is calling? The only code that sees a token or a ticket.
//!
//! API Gateway asks before it calls any other function: for REST with the `Authorization` header, once per token and some
//! minutes, and for WebSocket with the ticket, once per connection. The answer's context comes back in every later event.
//! Whatever is wrong with a token or a ticket, the answer is the same no.

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
use crate::token::{TokenError, Verifier};

struct Authorizer {
    store: Store,
    verifier: Verifier,
    origins: Vec<String>,
    clock: Clock,
}

/// Makes the function from its environment.
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

/// What the log says of an event: not who calls, which nobody knows yet.
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

/// The two events, as far as they matter here. A WebSocket's has the ARN of what it would like to call.
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

    /// A REST request: a JWT.
    async fn authorize_request(&self, request: &Request, now: Time) -> Result<Value, Error> {
        let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let Some(token) = token else { return Ok(json!({ "isAuthorized": false })) };
        match self.verifier.verify(token, now).await {
            Ok((person, expires)) => Ok(json!({ "isAuthorized": true, "context": context(&person, expires) })),
            // No answer rather than a no: the gateway would remember it, and the client would throw its token away.
            Err(TokenError::KeysUnavailable(error)) => Err(error),
            Err(refusal) => {
                tracing::info!(%refusal, "token refused");
                Ok(json!({ "isAuthorized": false }))
            }
        }
    }

    /// A WebSocket handshake: an origin that may, and then a ticket, which is gone after.
    async fn authorize_connection(&self, request: &Request, arn: &str, now: Time) -> Result<Value, Error> {
        // Browsers always say where a page is from; what is not a browser need not, and cannot be a foreign page.
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

/// What every later event says of the caller: text only, since a WebSocket's context can be nothing else.
fn context(person: &Person, expires: i64) -> Value {
    json!({
        "userId": person.user_id,
        "role": person.role,
        "name": person.name,
        "expires": expires.to_string(),
    })
}

/// The answer a WebSocket API understands.
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
