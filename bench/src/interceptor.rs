//! Intercepts the requests of every function's SDK: counts them, or delays them as AWS would.

use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use local::Wrap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The requests and units counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Traffic {
    /// Requests to DynamoDB.
    pub(crate) requests: u32,
    /// Write units.
    pub(crate) write: f64,
    /// Read units.
    pub(crate) read: f64,
    /// Posts to `@connections`.
    pub(crate) posts: u32,
}

/// How long one kind of request takes: half of them less than the median, one in a hundred more than `p99`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Delay {
    /// Milliseconds.
    p50: f64,
    /// Milliseconds.
    p99: f64,
}

/// AWS's latencies as others measured them.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Delays {
    /// One item, or a short query.
    single: Delay,
    /// A transaction.
    transaction: Delay,
    /// A post to a connection.
    post: Delay,
}

/// Intercepts requests.
#[derive(Clone, Default)]
pub(crate) struct Interceptor {
    passed: Arc<Mutex<Traffic>>,
    delays: Option<Delays>,
    counts: bool,
}

impl Traffic {
    /// Of one, where this was of `count` alike.
    pub(crate) fn each(self, count: u32) -> Self {
        let share = |units: f64| units / f64::from(count);
        Self {
            requests: self.requests / count,
            write: share(self.write),
            read: share(self.read),
            posts: self.posts / count,
        }
    }
}

impl Interceptor {
    /// One that counts.
    pub(crate) fn counting() -> Self {
        Self { counts: true, ..Self::default() }
    }

    /// One that delays.
    pub(crate) fn delaying(delays: Delays) -> Self {
        Self { delays: Some(delays), ..Self::default() }
    }

    /// As the gateway takes it.
    pub(crate) fn wrap(&self) -> Wrap {
        let own = self.clone();
        Arc::new(move |_, inner| own.around(inner))
    }

    /// Around a client.
    pub(crate) fn around(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Intercepted { interceptor: self.clone(), inner })
    }

    /// What passed since the last time.
    pub(crate) fn take(&self) -> Traffic {
        std::mem::take(&mut *self.passed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn pass(&self, mut request: HttpRequest, inner: &SharedHttpConnector) -> HttpConnectorFuture {
        let operation =
            request.headers().get("x-amz-target").and_then(|it| it.split_once('.')).map(|it| it.1.to_owned());
        if self.counts && operation.is_some() {
            ask_for_units(&mut request);
        }
        let (own, inner) = (self.clone(), inner.clone());
        HttpConnectorFuture::new(async move {
            if let Some(delays) = own.delays {
                tokio::time::sleep(delays.of(operation.as_deref())).await;
            }
            let answer = inner.call(request).await?;
            if own.counts {
                let body = answer.body().bytes().unwrap_or_default();
                own.count(operation.as_deref(), &serde_json::from_slice(body).unwrap_or_default());
            }
            Ok(answer)
        })
    }

    fn count(&self, operation: Option<&str>, answered: &Value) {
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(operation) = operation else {
            passed.posts += 1;
            return;
        };
        let units = match &answered["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(|it| it["CapacityUnits"].as_f64()).sum(),
            // A refused condition reports none, and costs what the item would: all heads here are of one unit.
            one => one["CapacityUnits"].as_f64().unwrap_or(1.0),
        };
        passed.requests += 1;
        match operation {
            "GetItem" | "Query" | "BatchGetItem" => passed.read += units,
            _ => passed.write += units,
        }
    }
}

impl Delays {
    /// How long a post to a connection takes, this time.
    pub(crate) fn a_post(&self) -> Duration {
        self.post.some()
    }

    fn of(&self, operation: Option<&str>) -> Duration {
        match operation {
            None => self.post.some(),
            Some("TransactWriteItems") => self.transaction.some(),
            Some(_) => self.single.some(),
        }
    }
}

impl Delay {
    /// A log-normal distribution through both points.
    fn some(&self) -> Duration {
        // The 99th percentile of the normal distribution.
        const Z99: f64 = 2.326;
        let sigma = (self.p99 / self.p50).ln() / Z99;
        let (radius, angle) = (1.0 - fastrand::f64(), std::f64::consts::TAU * fastrand::f64());
        let normal = (-2.0 * radius.ln()).sqrt() * angle.cos();
        Duration::from_secs_f64(self.p50 / 1e3 * (sigma * normal).exp())
    }
}

fn ask_for_units(request: &mut HttpRequest) {
    let Some(Ok(mut asked)) = request.body().bytes().map(serde_json::from_slice::<Value>) else { return };
    asked["ReturnConsumedCapacity"] = "TOTAL".into();
    let body = asked.to_string();
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}

#[derive(Clone)]
struct Intercepted<Inner> {
    interceptor: Interceptor,
    inner: Inner,
}

impl HttpClient for Intercepted<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Intercepted { interceptor: self.interceptor.clone(), inner })
    }
}

impl HttpConnector for Intercepted<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.interceptor.pass(request, &self.inner)
    }
}

impl<Inner> Debug for Intercepted<Inner> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_follow_the_given_percentiles() {
        let delay = Delay { p50: 10.0, p99: 40.0 };
        let mut some: Vec<_> = (0..10_000).map(|_| delay.some().as_secs_f64() * 1e3).collect();
        some.sort_by(f64::total_cmp);
        assert!((9.0..11.0).contains(&some[5_000]), "{}", some[5_000]);
        assert!((34.0..46.0).contains(&some[9_900]), "{}", some[9_900]);
    }
}
