//! Throttles every other request to the table, with each of DynamoDB's errors for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// Throttles the requests of an SDK.
#[derive(Clone, Debug, Default)]
pub struct Throttle(Arc<AtomicUsize>);

impl Throttle {
    /// The same SDK configuration, throttled.
    pub fn sdk(&self, sdk: &SdkConfig) -> SdkConfig {
        let inner = sdk.http_client().unwrap();
        sdk.to_builder().http_client(Throttled { throttle: self.clone(), inner }).build()
    }

    /// How many requests were throttled so far.
    pub fn refused(&self) -> usize {
        self.0.load(Ordering::Relaxed) / 2
    }
}

#[derive(Clone, Debug)]
struct Throttled {
    throttle: Throttle,
    inner: SharedHttpClient,
}

impl HttpClient for Throttled {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(ThrottledConnector { throttle: self.throttle.clone(), inner })
    }
}

#[derive(Debug)]
struct ThrottledConnector {
    throttle: Throttle,
    inner: SharedHttpConnector,
}

impl HttpConnector for ThrottledConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let number = self.throttle.0.fetch_add(1, Ordering::Relaxed);
        if number.is_multiple_of(2) {
            return self.inner.call(request);
        }
        let is_transaction = request.headers().get("x-amz-target").is_some_and(|it| it.ends_with("TransactWriteItems"));
        let fault = match number / 2 % 2 {
            0 if is_transaction => {
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled","CancellationReasons":[{"Code":"None"},{"Code":"ThrottlingError","Message":"slower"}]}"#
            }
            _ => {
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slower"}"#
            }
        };
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(fault));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}
