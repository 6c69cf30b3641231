//! A database and a way to the clients that fail when a test says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use local::Settings;

use crate::interceptor::{intercepting, is_push};

/// What fails.
#[derive(Clone, Debug, Default)]
pub struct Outage(Arc<Mutex<Failing>>);

#[derive(Debug, Default)]
struct Failing {
    /// Every request of these functions.
    functions: BTreeSet<String>,
    /// Every push.
    pushes: bool,
}

impl Outage {
    /// Settings of a shop that this outage can befall.
    pub fn settings(&self) -> Settings {
        let outage = self.clone();
        intercepting(move |function, request, inner| {
            let failing = outage.0.lock().unwrap();
            if failing.functions.contains(function) || (failing.pushes && is_push(&request)) {
                HttpConnectorFuture::ready(Ok(fault()))
            } else {
                inner.call(request)
            }
        })
    }

    /// From now on every request of these functions fails, in a way that nobody tries again.
    pub fn begin(&self, functions: &[&str]) {
        self.0.lock().unwrap().functions = functions.iter().map(|&name| name.to_owned()).collect();
    }

    /// From now on no push gets through, though its connection is there.
    pub fn begin_of_pushes(&self) {
        self.0.lock().unwrap().pushes = true;
    }

    /// From now on everything works.
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
