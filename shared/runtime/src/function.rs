//! A function as Lambda and the local gateway call it: one JSON event in, one JSON answer out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_config::SdkConfig;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use tracing_subscriber::util::SubscriberInitExt;

use crate::{Environment, StartError, aws, log_to, shutdown};

/// Starts a function from its environment and the SDK configuration, once per cold start.
pub type Start = fn(&Environment, &SdkConfig) -> Result<Function, StartError>;

type Answer = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

/// A started function. It can be called any number of times, also concurrently.
#[derive(Clone)]
pub struct Function {
    call: Arc<dyn Fn(LambdaEvent<Value>) -> Answer + Send + Sync>,
    end: Arc<dyn Fn() + Send + Sync>,
}

impl Function {
    /// A function that answers its events with `handle`.
    pub fn new<F, A>(handle: F) -> Self
    where
        F: Fn(LambdaEvent<Value>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        Self { call: Arc::new(move |event| Box::pin(handle(event))), end: Arc::new(|| {}) }
    }

    /// The same function, which does `end` before its process ends.
    #[must_use]
    pub fn with_end(self, end: impl Fn() + Send + Sync + 'static) -> Self {
        Self { end: Arc::new(end), ..self }
    }

    /// Answers one event. An `Err` is a Lambda function error; API Gateway then answers 500 or 502.
    pub async fn call(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        (self.call)(event).await
    }

    /// Does what is left to do before the process ends. Call it after the last event.
    pub fn end(&self) {
        (self.end)();
    }
}

/// The `main` of every function: sets up logging, starts the function, and handles events until
/// Lambda ends the process.
pub async fn run(start: Start) -> Result<(), Error> {
    let environment = Environment::of_process();
    log_to("info", std::io::stdout).init();
    let function = start(&environment, &aws::sdk(&environment)?)?;
    let ends = shutdown::process_ends(&environment);
    let events = lambda_runtime::run(lambda_runtime::service_fn(|event| {
        let function = function.clone();
        async move { function.call(event).await }
    }));
    tokio::select! {
        failed = events => failed,
        () = ends => {
            function.end();
            Ok(())
        }
    }
}
