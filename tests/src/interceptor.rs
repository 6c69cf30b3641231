//! Intercepts the requests of each function's SDK, to record or to change them.

use std::fmt::{self, Debug};
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use local::Settings;

use crate::Shop;

/// Answers a request of a function, usually by passing it on.
type Pass = Arc<dyn Fn(&str, HttpRequest, &SharedHttpConnector) -> HttpConnectorFuture + Send + Sync>;

/// Settings of a shop whose every request goes through `pass`, with the name of the function's binary.
pub(crate) fn intercepting(
    pass: impl Fn(&str, HttpRequest, &SharedHttpConnector) -> HttpConnectorFuture + Send + Sync + 'static,
) -> Settings {
    let pass: Pass = Arc::new(pass);
    let wrap = move |function: &str, inner| {
        SharedHttpClient::new(Interceptor { function: function.to_owned(), pass: pass.clone(), inner })
    };
    Settings { wrap: Some(Arc::new(wrap)), ..Shop::settings() }
}

/// Whether a request is for a connection rather than for a service that is told what to do by a header.
pub(crate) fn is_push(request: &HttpRequest) -> bool {
    !request.headers().contains_key("x-amz-target")
}

#[derive(Clone)]
struct Interceptor<Inner> {
    function: String,
    pass: Pass,
    inner: Inner,
}

impl HttpClient for Interceptor<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Interceptor { function: self.function.clone(), pass: self.pass.clone(), inner })
    }
}

impl HttpConnector for Interceptor<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.pass)(&self.function, request, &self.inner)
    }
}

impl<Inner> Debug for Interceptor<Inner> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Between").field("function", &self.function).finish_non_exhaustive()
    }
}
