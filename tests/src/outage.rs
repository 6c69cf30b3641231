//! A database that fails when a test says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use local::Settings;

use crate::Shop;

/// Which functions the database fails.
#[derive(Clone, Debug, Default)]
pub struct Outage(Arc<Mutex<BTreeSet<String>>>);

impl Outage {
    /// Settings of a shop that this outage can befall.
    pub fn settings(&self) -> Settings {
        let outage = self.clone();
        let wrap = move |function: &str, inner| {
            SharedHttpClient::new(Failing { outage: outage.clone(), function: function.to_owned(), inner })
        };
        Settings { wrap: Some(Arc::new(wrap)), ..Shop::settings() }
    }

    /// From now on every request of these functions fails, in a way that nobody tries again.
    pub fn begin(&self, functions: &[&str]) {
        *self.0.lock().unwrap() = functions.iter().map(|&name| name.to_owned()).collect();
    }

    /// From now on everything works.
    pub fn end(&self) {
        self.begin(&[]);
    }
}

#[derive(Clone, Debug)]
struct Failing {
    outage: Outage,
    function: String,
    inner: SharedHttpClient,
}

impl HttpClient for Failing {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(FailingConnector { client: self.clone(), inner })
    }
}

#[derive(Debug)]
struct FailingConnector {
    client: Failing,
    inner: SharedHttpConnector,
}

impl HttpConnector for FailingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !self.client.outage.0.lock().unwrap().contains(&self.client.function) {
            return self.inner.call(request);
        }
        let fault = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"made up"}"#;
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(fault));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}
