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

use super::fault_plan::{Fault, FaultPlan, Mutation};
use super::responses::{answer, conflict, refusal, reply};
use super::stale_reads;
use super::written::{self, Look, Written};

/// A push to a connection.
#[derive(Clone, Debug)]
pub struct Post {
    /// The connection id.
    pub connection: String,
    /// The frame.
    pub frame: Value,
}

struct State {
    plan: FaultPlan,
    rng: Rng,
    requests: usize,
    polls: usize,
    armed: bool,
    faults_stopped: bool,
    posts: Vec<Post>,
    /// Whether each connection is open.
    open: BTreeMap<String, bool>,
    /// The last answers to eventually consistent reads, by request.
    read: BTreeMap<String, Vec<u8>>,
    written: Written,
}

/// How an invocation's event arrives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Arrival {
    Once,
    /// Twice at the same time, as Lambda may.
    Twice,
    /// After this delay, perhaps after later events of its sender. The sender gets no answer.
    Late(Duration),
}

/// How long a slow request takes.
const SLOW: Duration = Duration::from_secs(4);

/// An HTTP client that injects faults into requests to DynamoDB and `@connections`.
#[derive(Clone)]
pub struct FaultInjector {
    state: Arc<Mutex<State>>,
    inner: SharedHttpClient,
    invocations_end: Arc<Notify>,
}

/// The state of one invocation of a function.
pub(crate) struct Invocation {
    ended: Notify,
    moved_a_head: AtomicBool,
    held_back: Mutex<Vec<(SharedHttpConnector, HttpRequest)>>,
    held_effect: Mutex<Option<HttpRequest>>,
}

tokio::task_local! {
    static CURRENT: Arc<Invocation>;
}

impl Invocation {
    pub(crate) fn begin() -> Arc<Self> {
        Arc::new(Self {
            ended: Notify::new(),
            moved_a_head: AtomicBool::new(false),
            held_back: Mutex::default(),
            held_effect: Mutex::default(),
        })
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
            faults_stopped: false,
            posts: Vec::new(),
            open: BTreeMap::new(),
            read: BTreeMap::new(),
            written: Written::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), inner, invocations_end: Arc::default() }
    }

    /// Starts counting requests for [`FaultPlan::exactly`] and polls for
    /// [`FaultPlan::crash_at_poll`].
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

    /// Counts a poll of an invocation. Returns true if the invocation has to end at it.
    pub(crate) fn ends_at_this_poll(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let number = state.polls;
        state.polls += 1;
        !state.faults_stopped && state.armed && state.plan.crash_at_poll == Some(number)
    }

    /// The number of polls after which an invocation has to end; usually `None`.
    pub(crate) fn last_poll(&self) -> Option<usize> {
        let mut state = self.state.lock().unwrap();
        let per_mille = state.plan.per_mille;
        (!state.faults_stopped && state.rng.u32(0..1_000) < per_mille).then(|| state.rng.usize(0..60))
    }

    /// Which of the `count` instances of a function gets the next event.
    pub(crate) fn instance(&self, count: usize) -> usize {
        let mut state = self.state.lock().unwrap();
        if state.plan.per_mille == 0 { 0 } else { state.rng.usize(0..count) }
    }

    /// Ends all faults and the mutation.
    pub(crate) fn stop_faults(&self) {
        let mut state = self.state.lock().unwrap();
        state.faults_stopped = true;
        state.plan.mutation = None;
    }

    /// Ends all invocations that run. None of them lasts for days.
    pub(crate) fn end_invocations(&self) {
        self.invocations_end.notify_waiters();
    }

    /// Waits for [`FaultInjector::end_invocations`].
    pub(crate) async fn invocations_end(&self) {
        self.invocations_end.notified().await;
    }

    /// How the next event arrives.
    pub(crate) fn arrival(&self) -> Arrival {
        let mut state = self.state.lock().unwrap();
        let per_mille = state.plan.per_mille;
        match state.rng.u32(0..1_000) {
            _ if state.faults_stopped => Arrival::Once,
            rng if rng < per_mille => Arrival::Twice,
            rng if rng < 2 * per_mille => Arrival::Late(Duration::from_millis(state.rng.u64(0..3_000))),
            _ => Arrival::Once,
        }
    }

    /// A random number below `end`, from the seed.
    pub fn below(&self, end: usize) -> usize {
        self.state.lock().unwrap().rng.usize(0..end)
    }

    /// Opens or closes a connection. Pushes to a closed one answer 410.
    pub fn set_open(&self, connection: &str, is_open: bool) {
        self.state.lock().unwrap().open.insert(connection.to_owned(), is_open);
    }

    /// All pushes so far.
    pub fn posts(&self) -> Vec<Post> {
        self.posts_since(0)
    }

    /// The pushes after the first `count`.
    pub(crate) fn posts_since(&self, count: usize) -> Vec<Post> {
        self.state.lock().unwrap().posts[count..].to_vec()
    }

    /// The records of the table's stream that call `notify`.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.state.lock().unwrap().written.records.clone()
    }

    /// Descriptions of writes that should not have been made.
    pub(crate) fn wrong_writes(&self) -> Vec<String> {
        self.state.lock().unwrap().written.broken.clone()
    }

    /// The number of pushes so far.
    pub fn offers(&self) -> usize {
        self.state.lock().unwrap().posts.len()
    }

    /// Sends the requests that a mutation held back, after the invocation has answered.
    pub(crate) async fn finish(&self, invocation: &Invocation) {
        let held_back = std::mem::take(&mut *invocation.held_back.lock().unwrap());
        for (inner, request) in held_back {
            drop(inner.call(request).await);
        }
    }

    /// The fault of the next request, if any, and its delay.
    fn next_fault(&self) -> (Duration, Option<Fault>) {
        let mut state = self.state.lock().unwrap();
        let number = state.requests;
        state.requests += 1;
        let delay = Duration::from_millis(state.rng.u64(1..20));
        if state.faults_stopped {
            return (delay, None);
        }
        if let Some((at, fault)) = state.plan.exactly
            && state.armed
            && at == number
        {
            return (delay, Some(fault));
        }
        let per_mille = state.plan.per_mille;
        if state.rng.u32(0..1_000) >= per_mille {
            return (delay, None);
        }
        let fault = Fault::ALL[state.rng.usize(0..Fault::ALL.len())];
        (delay, Some(fault))
    }

    async fn forward(
        &self,
        inner: SharedHttpConnector,
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
                // A push that fails counts as made: each push is tried only once.
                self.record_push(&request);
                return Ok(refusal(500, "InternalServerError"));
            }
            Some(Fault::Conflict) if operation == "TransactWriteItems" => return Ok(conflict(&request)),
            Some(Fault::Throttled) => {
                // A throttled push counts as made.
                self.record_push(&request);
                return Ok(refusal(429, "LimitExceededException"));
            }
            Some(Fault::Slow) => {
                // A push that times out counts as made.
                self.record_push(&request);
                tokio::time::sleep(SLOW).await;
            }
            _ => {}
        }
        let answer = if operation.is_empty() {
            Ok(self.post(&invocation, &request).await)
        } else if stale_reads::is_eventual(&operation, &request) {
            self.read(inner, &operation, request, fault == Some(Fault::Stale)).await
        } else {
            self.write(inner, &invocation, &operation, request).await
        };
        match fault {
            Some(Fault::CrashAfter) => crash(&invocation).await,
            Some(Fault::LostReply) => Err(ConnectorError::timeout("the reply was lost".into())),
            _ => answer,
        }
    }

    /// Answers an eventually consistent read: with the current state, or with a stale one.
    async fn read(
        &self,
        inner: SharedHttpConnector,
        operation: &str,
        request: HttpRequest,
        is_stale: bool,
    ) -> Result<HttpResponse, ConnectorError> {
        let key = format!("{operation} {}", String::from_utf8_lossy(request.body().bytes().unwrap()));
        if is_stale {
            let before = self.state.lock().unwrap().read.get(&key).cloned();
            return Ok(reply(200, before.unwrap_or_else(|| stale_reads::empty_answer(operation, &request))));
        }
        let answer = inner.call(request).await?;
        if answer.status().is_success() {
            let bytes = answer.body().bytes().unwrap().to_vec();
            self.state.lock().unwrap().read.insert(key, bytes);
        }
        Ok(answer)
    }

    /// Forwards a request to DynamoDB, changed by the mutation.
    async fn write(
        &self,
        inner: SharedHttpConnector,
        invocation: &Invocation,
        operation: &str,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let mutation = self.state.lock().unwrap().plan.mutation;
        let is_of_log = |key: &Value| key["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with('L'));
        let into_log = operation == "PutItem" && is_of_log(&body["Item"]);
        let is_effect = operation == "UpdateItem" && is_of_log(&body["Key"]);
        match mutation {
            Some(Mutation::PushBeforePut) if into_log => {
                invocation.held_back.lock().unwrap().push((inner, request));
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
                return inner.call(request).await;
            }
            Some(Mutation::EntryBeforeEffect) if is_effect => {
                *invocation.held_effect.lock().unwrap() = Some(request);
                return Ok(answer(200, &json!({})));
            }
            _ => {}
        }
        let answer = self.watched(&inner, operation, &body, request).await;
        let held = into_log.then(|| invocation.held_effect.lock().unwrap().take()).flatten();
        if let Some(effect) = held {
            drop(inner.call(effect).await);
        }
        if operation == "UpdateItem" && is_success(&answer) {
            invocation.moved_a_head.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// Makes a write, and looks at what it changes.
    async fn watched(
        &self,
        inner: &SharedHttpConnector,
        operation: &str,
        body: &Value,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let Some(look) = Look::of(operation, body) else { return inner.call(request).await };
        let (uri, table) = (request.uri().to_owned(), &body["TableName"]);
        let mut before = Value::Null;
        if look.is_needed_before() {
            before = written::read(inner, &uri, table, look.key()).await;
        }
        let answer = inner.call(request).await;
        if is_success(&answer) {
            let after = written::read(inner, &uri, table, look.key()).await;
            self.state.lock().unwrap().written.examine(&look, &before, &after);
        }
        answer
    }

    /// Records a push, if `request` is one. Returns true if the connection is open.
    fn record_push(&self, request: &HttpRequest) -> bool {
        let connection = request.uri().rsplit('/').next().unwrap_or_default().to_owned();
        let mut state = self.state.lock().unwrap();
        let Some(is_open) = state.open.get(&connection).copied() else { return false };
        if let Some(frame) = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()) {
            state.posts.push(Post { connection, frame });
        }
        is_open
    }

    /// Answers a push: 200 if the connection is open, otherwise 410.
    async fn post(&self, invocation: &Invocation, request: &HttpRequest) -> HttpResponse {
        let held_back = std::mem::take(&mut *invocation.held_back.lock().unwrap());
        let is_open = self.record_push(request);
        for (inner, request) in held_back {
            drop(inner.call(request).await);
        }
        if is_open { answer(200, &Value::Null) } else { refusal(410, "GoneException") }
    }
}

fn is_success(answer: &Result<HttpResponse, ConnectorError>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status().is_success())
}

/// Ends the invocation: this future never completes.
async fn crash(invocation: &Invocation) -> Result<HttpResponse, ConnectorError> {
    invocation.held_back.lock().unwrap().clear();
    invocation.held_effect.lock().unwrap().take();
    invocation.ended.notify_one();
    std::future::pending().await
}

impl HttpClient for FaultInjector {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(FaultInjectorConnector { fault_injector: self.clone(), inner })
    }
}

#[derive(Debug)]
struct FaultInjectorConnector {
    fault_injector: FaultInjector,
    inner: SharedHttpConnector,
}

impl HttpConnector for FaultInjectorConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (fault_injector, inner) = (self.fault_injector.clone(), self.inner.clone());
        let invocation = CURRENT.with(Arc::clone);
        HttpConnectorFuture::new(async move { fault_injector.forward(inner, invocation, request).await })
    }
}

impl fmt::Debug for FaultInjector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultInjector").finish_non_exhaustive()
    }
}
