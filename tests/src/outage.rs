//! Makes requests to the database, or pushes, fail when a test says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use local::Settings;

use crate::interceptor::{intercepting, is_push};

/// The requests that fail.
#[derive(Clone, Debug, Default)]
pub struct Outage(Arc<Mutex<Failing>>);

#[derive(Debug, Default)]
struct Failing {
    /// All requests of these functions that are no pushes.
    functions: BTreeSet<String>,
    /// All pushes.
    pushes: bool,
}

impl Outage {
    /// Settings of a shop whose requests this outage can make fail.
    pub fn settings(&self) -> Settings {
        let outage = self.clone();
        intercepting(move |function, request, inner| {
            let failing = outage.0.lock().unwrap();
            let fails = if is_push(&request) { failing.pushes } else { failing.functions.contains(function) };
            if fails { HttpConnectorFuture::ready(Ok(fault())) } else { inner.call(request) }
        })
    }

    /// From now on every request of these functions but their pushes fails, with an error that the SDK does not
    /// retry.
    pub fn begin(&self, functions: &[&str]) {
        self.0.lock().unwrap().functions = functions.iter().map(|&name| name.to_owned()).collect();
    }

    /// From now on every push fails, although the connections are open.
    pub fn begin_of_pushes(&self) {
        self.0.lock().unwrap().pushes = true;
    }

    /// From now on nothing fails.
    pub fn end(&self) {
        *self.0.lock().unwrap() = Failing::default();
    }
}

fn fault() -> HttpResponse {
    let body = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"made up"}"#;
    let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
