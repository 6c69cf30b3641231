//! The HTTP client of the functions' AWS SDKs. It calls the services in this process, without a
//! socket.
//!
//! The SDK builds and signs each request as for AWS. A request to DynamoDB or Secrets Manager is
//! recognised by its `x-amz-target` header, a request to `@connections` by this gateway's own
//! address. Any other request fails. Each request is first checked against the function's policy in
//! the template. So a missing permission is noticed here and not after a deployment.

use std::fmt;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::json;

use crate::aws::{REGION, execute_api_arn};
use crate::dynamo::{Engine, http_endpoint, required_actions};
use crate::secrets::{self, Secrets};
use crate::template::Policy;
use crate::websocket::Management;

/// Connects one function's SDK with the engine, the secret and the connections.
#[derive(Clone)]
pub(crate) struct Transport {
    caller: String,
    engine: Engine,
    secrets: Secrets,
    management: Option<Arc<Management>>,
    /// `None` allows everything: tests read the tables this way.
    policy: Option<Policy>,
}

impl Transport {
    /// A transport for `caller`, with the permissions in `policy`.
    pub(crate) fn new(
        caller: &str,
        engine: Engine,
        secrets: Secrets,
        management: Option<Arc<Management>>,
        policy: Option<Policy>,
    ) -> Self {
        Self { caller: caller.to_owned(), engine, secrets, management, policy }
    }

    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").map(str::to_owned);
        if let Some(operation) = target.as_deref().and_then(|target| target.strip_prefix(http_endpoint::TARGET)) {
            return response(self.dynamodb(operation, request.body()), "application/x-amz-json-1.0");
        }
        if target.as_deref() == Some(secrets::TARGET) {
            return response(self.secret(request.body()), "application/x-amz-json-1.1");
        }
        let uri: http::Uri = request.uri().parse().map_err(|problem| user_error(format!("{problem}")))?;
        match &self.management {
            Some(management) if management.serves(&uri) => {
                let signature = request.headers().get("authorization").map(str::to_owned);
                if let Some(refused) = self.may_manage(management, request.method(), uri.path()) {
                    return response(refused, "application/json");
                }
                let body = bytes_of(request.body())?;
                let answer = management.answer(request.method(), uri.path(), signature.as_deref(), body);
                response(answer, "application/json")
            }
            _ => Err(user_error(format!(
                "{} sent a request to {uri}, which the local gateway does not provide",
                self.caller
            ))),
        }
    }

    fn dynamodb(&self, operation: &str, body: &SdkBody) -> (u16, String) {
        let Some(body) = body.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            let kind = "com.amazon.coral.service#SerializationException";
            return (400, json!({ "__type": kind }).to_string());
        };
        let mut needed = required_actions(operation, body).into_iter();
        let refused = needed.find_map(|(action, resource)| self.refused(&action, &resource));
        refused.unwrap_or_else(|| self.engine.respond(operation, body))
    }

    fn secret(&self, body: &SdkBody) -> (u16, String) {
        let body = body.bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let resource = secrets::resource(&body).unwrap_or_else(|| "*".to_owned());
        self.refused(secrets::ACTION, &resource).unwrap_or_else(|| self.secrets.respond(&body))
    }

    /// IAM's error response if the function's policy does not allow this action; otherwise `None`.
    fn refused(&self, action: &str, resource: &str) -> Option<(u16, String)> {
        if self.policy.as_ref().is_none_or(|policy| policy.allows(action, resource)) {
            return None;
        }
        tracing::error!(
            function = self.caller,
            action,
            resource,
            "the function's policy in the template does not allow this action"
        );
        let kind = "com.amazon.coral.service#AccessDeniedException";
        let message = format!("{} is not authorized to perform: {action} on resource: {resource}", self.caller);
        Some((400, json!({ "__type": kind, "Message": message }).to_string()))
    }

    fn may_manage(&self, management: &Management, method: &str, path: &str) -> Option<(u16, String)> {
        let policy = self.policy.as_ref()?;
        let (stage, connection) = path.trim_start_matches('/').split_once('/')?;
        let resource = execute_api_arn(management.api(), &format!("{stage}/{method}/{connection}"));
        if policy.allows("execute-api:ManageConnections", &resource) {
            return None;
        }
        tracing::error!(
            function = self.caller,
            resource,
            "the function's policy in the template does not allow execute-api:ManageConnections"
        );
        Some((403, json!({ "__type": "ForbiddenException", "message": "Forbidden" }).to_string()))
    }
}

/// An SDK configuration that sends every request through `client`. The access key is the caller's
/// name.
pub(crate) fn sdk(caller: &str, client: SharedHttpClient) -> SdkConfig {
    let credentials = Credentials::new(caller, "local", None, None, "order-chat");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(client)
        .build()
}

impl HttpClient for Transport {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.clone();
        HttpConnectorFuture::new(async move { transport.answer(&request) })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("caller", &self.caller).finish_non_exhaustive()
    }
}

fn response((status, body): (u16, String), content_type: &'static str) -> Result<HttpResponse, ConnectorError> {
    let status = status.try_into().map_err(|problem| user_error(format!("{problem}")))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", content_type);
    response.headers_mut().insert("x-amzn-requestid", uuid::Uuid::new_v4().to_string());
    Ok(response)
}

fn bytes_of(body: &SdkBody) -> Result<bytes::Bytes, ConnectorError> {
    let bytes = body
        .bytes()
        .ok_or_else(|| user_error("the local gateway does not support streamed request bodies".to_owned()))?;
    Ok(bytes::Bytes::copy_from_slice(bytes))
}

fn user_error(what: String) -> ConnectorError {
    ConnectorError::user(what.into())
}
