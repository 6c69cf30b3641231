//! Calls functions as Lambda does.
//!
//! On AWS a function runs in a process that handles one event at a time. Nothing that it does
//! delays another invocation. After its answer, tasks that it spawned do not run any more. After
//! its `Timeout` it is ended.
//!
//! Here each invocation has its own thread and its own Tokio runtime. If the function has answered
//! and a task is left in the runtime, the runtime is dropped together with the task. So work that
//! is not awaited is not done here either. A runtime without tasks is used again by a later
//! invocation. The database engine blocks its thread while it writes, so it blocks only this
//! invocation.
//!
//! State that a function created when it started is shared by its invocations, as between warm
//! starts on Lambda.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runtime::{Context, Function, LambdaEvent};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::aws::function_arn;
use crate::template::FunctionSpec;

/// How many invocations of all functions run concurrently. This is Lambda's default quota for an
/// account.
pub const CONCURRENCY: usize = 1_000;

/// The most idle runtimes that are kept for later invocations. Each has four file descriptors.
const MAX_POOLED: usize = 64;

/// The largest event and the largest answer, in bytes.
const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

/// An estimated size, in bytes, below which a payload cannot exceed [`MAX_PAYLOAD`], however its
/// texts are escaped in JSON.
const SMALL_PAYLOAD: usize = MAX_PAYLOAD / 8;

/// Why a call of a function has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The function answered with an error, panicked, or ran into its own timeout.
    #[error("the function failed: {0}")]
    Function(String),
    /// The caller's timeout ended before the function answered.
    #[error("the integration timed out")]
    Integration,
    /// The event is larger than Lambda allows.
    #[error("the event is larger than 6 MB")]
    TooLarge,
}

/// The longest that Lambda lets a function run, and so the longest wait for its answer.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_mins(15);

/// All functions of the system.
#[derive(Clone)]
pub(crate) struct Lambdas {
    functions: Arc<BTreeMap<String, Lambda>>,
    running: Arc<Semaphore>,
    pool: Arc<RuntimePool>,
}

/// Idle runtimes for later invocations.
#[derive(Default)]
struct RuntimePool(Mutex<Vec<Runtime>>);

struct Lambda {
    binary: String,
    function: Function,
    timeout: Duration,
    environment: Arc<lambda_runtime::Config>,
    arn: String,
}

impl Lambdas {
    /// Takes the functions that were started, each with its part of the template.
    pub(crate) fn new(started: Vec<(FunctionSpec, Function)>) -> Self {
        let functions = started.into_iter().map(|(spec, function)| {
            let environment = lambda_runtime::Config {
                function_name: spec.name.clone(),
                memory: i32::try_from(spec.memory).unwrap_or(i32::MAX),
                version: "$LATEST".to_owned(),
                ..Default::default()
            };
            let lambda = Lambda {
                arn: function_arn(&spec.name),
                binary: spec.binary,
                function,
                timeout: spec.timeout,
                environment: Arc::new(environment),
            };
            (spec.name, lambda)
        });
        let running = Arc::new(Semaphore::new(CONCURRENCY));
        Self { functions: Arc::new(functions.collect()), running, pool: Arc::default() }
    }

    /// Sends `event` to `function` and waits at most `timeout` for the answer. The invocation
    /// continues even if the caller does not wait any longer.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub(crate) async fn call(&self, function: &str, event: Value, timeout: Duration) -> Result<Value, Failure> {
        let waited = tokio::time::timeout(timeout, self.invoke(function, event)).await;
        let answer = waited.unwrap_or(Err(Failure::Integration));
        if let Err(failure) = &answer {
            tracing::warn!(function, %failure, "the function returned no answer");
        }
        answer
    }

    /// Waits until no invocation is running.
    pub(crate) async fn drained(&self) {
        let all = u32::try_from(CONCURRENCY).unwrap_or(u32::MAX);
        let _all_idle = self.running.acquire_many(all).await;
    }

    /// Ends every function, as Lambda ends a process.
    pub(crate) fn end(&self) {
        self.functions.values().for_each(|lambda| lambda.function.end());
    }

    async fn invoke(&self, function: &str, event: Value) -> Result<Value, Failure> {
        let missing = || Failure::Function(format!("the template has no function {function}"));
        let lambda = self.functions.get(function).ok_or_else(missing)?;
        if !fits(&event) {
            return Err(Failure::TooLarge);
        }
        let permit = self.running.clone().acquire_owned().await;
        let (handler, timeout, context) = (lambda.function.clone(), lambda.timeout, lambda.context());
        tracing::debug!(function = lambda.binary, request = context.request_id, "invoked");
        let pool = self.pool.clone();
        let invocation = tokio::task::spawn_blocking(move || {
            let _until_done = permit;
            pool.run(&handler, LambdaEvent::new(event, context), timeout)
        });
        let answer = invocation.await.map_err(|panicked| Failure::Function(panicked.to_string()))??;
        if fits(&answer) { Ok(answer) } else { Err(Failure::Function("the answer is larger than 6 MB".to_owned())) }
    }
}

impl Lambda {
    fn context(&self) -> Context {
        let mut context = Context::default();
        context.request_id = uuid::Uuid::new_v4().to_string();
        context.invoked_function_arn.clone_from(&self.arn);
        context.env_config = self.environment.clone();
        let deadline = SystemTime::now() + self.timeout;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        context.deadline = u64::try_from(deadline).unwrap_or(u64::MAX);
        context
    }
}

impl RuntimePool {
    /// Runs one invocation to its end on the current thread.
    fn run(&self, function: &Function, event: LambdaEvent<Value>, timeout: Duration) -> Result<Value, Failure> {
        let failed = |problem: String| Failure::Function(problem);
        let pooled = self.locked().pop();
        let runtime = pooled.map_or_else(|| tokio::runtime::Builder::new_current_thread().enable_all().build(), Ok);
        let runtime = runtime.map_err(|problem| failed(problem.to_string()))?;
        let answer = runtime.block_on(async { tokio::time::timeout(timeout, function.call(event)).await });
        self.release(runtime);
        match answer {
            Ok(answer) => answer.map_err(|error| failed(error.to_string())),
            Err(_elapsed) => Err(failed(format!("Task timed out after {:.2} seconds", timeout.as_secs_f64()))),
        }
    }

    fn release(&self, runtime: Runtime) {
        if runtime.metrics().num_alive_tasks() == 0 {
            let mut pool = self.locked();
            if pool.len() < MAX_POOLED {
                return pool.push(runtime);
            }
        }
        runtime.shutdown_background();
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Runtime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RuntimePool {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which is not allowed in asynchronous code.
        self.locked().drain(..).for_each(Runtime::shutdown_background);
    }
}

/// Returns true if the payload is at most [`MAX_PAYLOAD`] bytes of JSON. Adding up the lengths of
/// the texts is usually enough to decide.
fn fits(payload: &Value) -> bool {
    fn texts(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len() + 8,
            Value::Array(items) => items.iter().map(texts).sum(),
            Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + 8 + texts(value)).sum(),
            _ => 24,
        }
    }
    texts(payload) < SMALL_PAYLOAD || payload.to_string().len() <= MAX_PAYLOAD
}
