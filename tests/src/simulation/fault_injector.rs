//! Injects faults between a function and the services it calls.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use fastrand::Rng;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::stale_reads;

/// What can happen to one request of a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The invocation ends before the request is made.
    CrashBefore,
    /// The request is carried out, and the invocation ends before it hears of it.
    CrashAfter,
    /// The request is carried out, and the SDK does not hear of it.
    LostReply,
    /// The service is too busy and does nothing.
    Throttled,
    /// The service fails and does nothing.
    ServerError,
    /// A transaction meets another one and is not carried out; for other requests, nothing happens.
    Conflict,
    /// The request takes longer than a push may, and three of them longer than an invocation may.
    Slow,
    /// An eventually consistent read answers as it did the time before, or as if nothing were there yet; for other requests,
    /// nothing happens.
    Stale,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::LostReply,
        Self::Throttled,
        Self::ServerError,
        Self::Conflict,
        Self::Slow,
        Self::Stale,
    ];
}

/// A way in which the product could be wrong, made here rather than in its code: the checker has to notice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mutation {
    /// Messages are pushed before they are in the log.
    PushBeforePut,
    /// Nobody finishes what a crash left behind.
    NoHelp,
    /// The head moves whatever the sender has seen.
    NoCondition,
}

/// What will go wrong.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    /// Where the dice start.
    pub seed: u64,
    /// Of a thousand requests, how many meet a fault; of a thousand invocations, how many happen twice, how many late, and how
    /// many end at some await.
    pub per_mille: u32,
    /// Exactly this, at the request with this number, counted from when [`FaultInjector::arm`] is called.
    pub exactly: Option<(usize, Fault)>,
    /// An invocation ends at exactly this poll of it, counted from when [`FaultInjector::arm`] is called.
    pub crash_at_poll: Option<usize>,
    /// How the product is wrong.
    pub mutation: Option<Mutation>,
}

impl FaultPlan {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self { seed: 0, per_mille: 0, exactly: None, crash_at_poll: None, mutation: None }
    }
}

/// Something offered to a connection.
#[derive(Clone, Debug)]
pub struct Post {
    /// To which.
    pub connection: String,
    /// What.
    pub frame: Value,
}

struct State {
    plan: FaultPlan,
    rng: Rng,
    requests: usize,
    polls: usize,
    armed: bool,
    calm: bool,
    posts: Vec<Post>,
    living: BTreeMap<String, bool>,
    /// What eventually consistent reads answered last, by the request.
    read: BTreeMap<String, Vec<u8>>,
}

/// How an invocation's event arrives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Arrival {
    Once,
    /// Twice at the same time, as Lambda may.
    Twice,
    /// After so long, behind what its sender did next. The sender hears nothing of it.
    Late(Duration),
}

/// How long a slow request takes.
const SLOW: Duration = Duration::from_secs(4);

/// An HTTP client that injects faults into requests to DynamoDB and `@connections`.
#[derive(Clone)]
pub struct FaultInjector {
    state: Arc<Mutex<State>>,
    inner: SharedHttpClient,
}

/// One call of a function, as far as chaos is concerned.
pub(crate) struct Invocation {
    ended: Notify,
    moved_a_head: AtomicBool,
    held_back: Mutex<Vec<(SharedHttpConnector, HttpRequest)>>,
}

tokio::task_local! {
    static CURRENT: Arc<Invocation>;
}

impl Invocation {
    pub(crate) fn begin() -> Arc<Self> {
        Arc::new(Self { ended: Notify::new(), moved_a_head: AtomicBool::new(false), held_back: Mutex::default() })
    }

    pub(crate) async fn ended_in_the_middle(&self) {
        self.ended.notified().await;
    }
}

pub(crate) async fn with_invocation<T>(invocation: &Arc<Invocation>, call: impl Future<Output = T>) -> T {
    CURRENT.scope(invocation.clone(), call).await
}

impl FaultInjector {
    pub(crate) fn new(plan: FaultPlan, inner: SharedHttpClient) -> Self {
        let rng = Rng::with_seed(plan.seed);
        let state = State {
            plan,
            rng,
            requests: 0,
            polls: 0,
            armed: false,
            calm: false,
            posts: Vec::new(),
            living: BTreeMap::new(),
            read: BTreeMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), inner }
    }

    /// From now on requests count towards [`FaultPlan::exactly`], and polls towards [`FaultPlan::crash_at_poll`].
    pub fn arm(&self) {
        let mut state = self.state.lock().unwrap();
        state.armed = true;
        state.requests = 0;
        state.polls = 0;
    }

    /// How many requests were made since [`FaultInjector::arm`].
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }

    /// How often invocations were polled since [`FaultInjector::arm`].
    pub fn polls(&self) -> usize {
        self.state.lock().unwrap().polls
    }

    /// An invocation is polled; whether it ends instead.
    pub(crate) fn ends_at_this_poll(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let number = state.polls;
        state.polls += 1;
        !state.calm && state.armed && state.plan.crash_at_poll == Some(number)
    }

    /// After how many polls an invocation ends, if it does.
    pub(crate) fn last_poll(&self) -> Option<usize> {
        let mut state = self.state.lock().unwrap();
        let often = state.plan.per_mille;
        (!state.calm && state.rng.u32(0..1_000) < often).then(|| state.rng.usize(0..60))
    }

    /// Which of the `count` instances of a function takes the next event.
    pub(crate) fn instance(&self, count: usize) -> usize {
        let mut state = self.state.lock().unwrap();
        if state.plan.per_mille == 0 { 0 } else { state.rng.usize(0..count) }
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn stop_faults(&self) {
        let mut state = self.state.lock().unwrap();
        state.calm = true;
        state.plan.mutation = None;
    }

    /// How the next event arrives.
    pub(crate) fn arrival(&self) -> Arrival {
        let mut state = self.state.lock().unwrap();
        let often = state.plan.per_mille;
        match state.rng.u32(0..1_000) {
            _ if state.calm => Arrival::Once,
            rng if rng < often => Arrival::Twice,
            rng if rng < 2 * often => Arrival::Late(Duration::from_millis(state.rng.u64(0..3_000))),
            _ => Arrival::Once,
        }
    }

    /// A number below `end`, from the seed.
    pub fn below(&self, end: usize) -> usize {
        self.state.lock().unwrap().rng.usize(0..end)
    }

    /// A connection opens, or is gone: then posts to it answer 410.
    pub fn set_open(&self, connection: &str, lives: bool) {
        self.state.lock().unwrap().living.insert(connection.to_owned(), lives);
    }

    /// Everything that was offered to connections so far.
    pub fn posts(&self) -> Vec<Post> {
        self.state.lock().unwrap().posts.clone()
    }

    /// How many offers were made so far.
    pub fn offers(&self) -> usize {
        self.state.lock().unwrap().posts.len()
    }

    /// An invocation has answered: what a mutation held back happens now.
    pub(crate) async fn finish(&self, invocation: &Invocation) {
        let held_back = std::mem::take(&mut *invocation.held_back.lock().unwrap());
        for (way, request) in held_back {
            drop(way.call(request).await);
        }
    }

    /// What happens to the next request, and how long it takes.
    fn next_fault(&self) -> (Duration, Option<Fault>) {
        let mut state = self.state.lock().unwrap();
        let number = state.requests;
        state.requests += 1;
        let delay = Duration::from_millis(state.rng.u64(1..20));
        if state.calm {
            return (delay, None);
        }
        if let Some((at, fault)) = state.plan.exactly
            && state.armed
            && at == number
        {
            return (delay, Some(fault));
        }
        let often = state.plan.per_mille;
        if state.rng.u32(0..1_000) >= often {
            return (delay, None);
        }
        let fault = Fault::ALL[state.rng.usize(0..Fault::ALL.len())];
        (delay, Some(fault))
    }

    async fn forward(
        &self,
        way: SharedHttpConnector,
        invocation: Arc<Invocation>,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let (delay, fault) = self.next_fault();
        tokio::time::sleep(delay).await;
        match fault {
            Some(Fault::CrashBefore) => return crash(&invocation).await,
            Some(Fault::Throttled) if !operation.is_empty() => return Ok(refusal(400, "ThrottlingException")),
            Some(Fault::ServerError) => {
                // A push that the gateway fails was offered all the same: it is tried once.
                self.offered(&request);
                return Ok(refusal(500, "InternalServerError"));
            }
            Some(Fault::Conflict) if operation == "TransactWriteItems" => return Ok(conflict(&request)),
            Some(Fault::Throttled) => {
                // So is a push that the gateway has no room for.
                self.offered(&request);
                return Ok(refusal(429, "LimitExceededException"));
            }
            Some(Fault::Slow) => {
                // And one that is given up before it arrives.
                self.offered(&request);
                tokio::time::sleep(SLOW).await;
            }
            _ => {}
        }
        let answer = if operation.is_empty() {
            Ok(self.post(&invocation, &request).await)
        } else if stale_reads::is_eventual(&operation, &request) {
            self.read(way, &operation, request, fault == Some(Fault::Stale)).await
        } else {
            self.write(way, &invocation, &operation, request).await
        };
        match fault {
            Some(Fault::CrashAfter) => crash(&invocation).await,
            Some(Fault::LostReply) => Err(ConnectorError::timeout("the reply was lost".into())),
            _ => answer,
        }
    }

    /// An eventually consistent read: what is there now, or what was there before.
    async fn read(
        &self,
        way: SharedHttpConnector,
        operation: &str,
        request: HttpRequest,
        is_stale: bool,
    ) -> Result<HttpResponse, ConnectorError> {
        let question = format!("{operation} {}", String::from_utf8_lossy(request.body().bytes().unwrap()));
        if is_stale {
            let before = self.state.lock().unwrap().read.get(&question).cloned();
            return Ok(reply(200, before.unwrap_or_else(|| stale_reads::nothing_yet(operation, &request))));
        }
        let answer = way.call(request).await?;
        if answer.status().is_success() {
            let bytes = answer.body().bytes().unwrap().to_vec();
            self.state.lock().unwrap().read.insert(question, bytes);
        }
        Ok(answer)
    }

    /// A request to DynamoDB, as the mutation would have it.
    async fn write(
        &self,
        way: SharedHttpConnector,
        invocation: &Invocation,
        operation: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let mutation = self.state.lock().unwrap().plan.mutation;
        let into_log = operation == "PutItem" && body["Item"]["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with('L'));
        match mutation {
            Some(Mutation::PushBeforePut) if into_log => {
                invocation.held_back.lock().unwrap().push((way, request));
                return Ok(answer(200, &json!({})));
            }
            Some(Mutation::NoHelp) if into_log && !invocation.moved_a_head.load(Ordering::Relaxed) => {
                return Ok(answer(200, &json!({})));
            }
            Some(Mutation::NoCondition) if operation == "UpdateItem" => {
                let mut body = body;
                if let Some(condition) = body["ConditionExpression"].as_str() {
                    body["ConditionExpression"] = json!(condition.replace("n = :seen", "n >= :seen"));
                }
                let mut request = request;
                *request.body_mut() = SdkBody::from(body.to_string());
                return way.call(request).await;
            }
            _ => {}
        }
        let answer = way.call(request).await;
        if operation == "UpdateItem" && answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            invocation.moved_a_head.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// Remembers a push if `request` is one; whether the connection lives.
    fn offered(&self, request: &HttpRequest) -> bool {
        let connection = request.uri().rsplit('/').next().unwrap_or_default().to_owned();
        let mut state = self.state.lock().unwrap();
        let Some(living) = state.living.get(&connection).copied() else { return false };
        if let Some(frame) = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()) {
            state.posts.push(Post { connection, frame });
        }
        living
    }

    /// A push, which reaches a connection if it lives.
    async fn post(&self, invocation: &Invocation, request: &HttpRequest) -> HttpResponse {
        let held_back = std::mem::take(&mut *invocation.held_back.lock().unwrap());
        let living = self.offered(request);
        for (way, request) in held_back {
            drop(way.call(request).await);
        }
        if living { answer(200, &Value::Null) } else { refusal(410, "GoneException") }
    }
}

/// The invocation ends here: nothing after this line of it ever runs.
async fn crash(invocation: &Invocation) -> Result<HttpResponse, ConnectorError> {
    invocation.held_back.lock().unwrap().clear();
    invocation.ended.notify_one();
    std::future::pending().await
}

fn refusal(status: u16, kind: &str) -> HttpResponse {
    answer(status, &json!({ "__type": kind, "message": "as the plan wants it" }))
}

fn conflict(request: &HttpRequest) -> HttpResponse {
    let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
    let count = body["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({ "Code": "None" }); count];
    reasons[0] = json!({ "Code": "TransactionConflict", "Message": "as the plan wants it" });
    answer(
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "cancelled",
            "CancellationReasons": reasons,
        }),
    )
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    reply(status, if body.is_null() { Vec::new() } else { body.to_string().into_bytes() })
}

fn reply(status: u16, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}

impl HttpClient for FaultInjector {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let way = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(FaultInjectorConnector { fault_injector: self.clone(), way })
    }
}

#[derive(Debug)]
struct FaultInjectorConnector {
    fault_injector: FaultInjector,
    way: SharedHttpConnector,
}

impl HttpConnector for FaultInjectorConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (fault_injector, way) = (self.fault_injector.clone(), self.way.clone());
        let invocation = CURRENT.with(Arc::clone);
        HttpConnectorFuture::new(async move { fault_injector.forward(way, invocation, request).await })
    }
}

impl fmt::Debug for FaultInjector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chaos").finish_non_exhaustive()
    }
}
