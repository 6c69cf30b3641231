//! Which handler answers for which binary of the template.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use runtime::{Environment, Function, SdkConfig, StartError};

type Starting = Pin<Box<dyn Future<Output = Result<Function, StartError>> + Send>>;

/// Starts one function, as its `main` would.
pub(crate) type Start = Arc<dyn Fn(Environment, SdkConfig) -> Starting + Send + Sync>;

/// The handlers a gateway has, by the name of the binary that the template builds.
#[derive(Clone, Default)]
pub struct Functions(BTreeMap<String, Start>);

impl Functions {
    /// No handlers at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// And `start`, which makes the function that the template builds from `binary`.
    #[must_use]
    pub fn with<S, F>(mut self, binary: &str, start: S) -> Self
    where
        S: Fn(Environment, SdkConfig) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Function, StartError>> + Send + 'static,
    {
        self.0.insert(binary.to_owned(), Arc::new(move |environment, sdk| Box::pin(start(environment, sdk))));
        self
    }

    pub(crate) fn of(&self, binary: &str) -> Option<&Start> {
        self.0.get(binary)
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The functions of this project.
pub fn functions() -> Functions {
    Functions::new()
        .with("authorizer", |environment, sdk| async move { authorizer::start(&environment, &sdk) })
        .with("connect", |environment, sdk| async move { connect::start(&environment, &sdk) })
        .with("conversations", |environment, sdk| async move { conversations::start(&environment, &sdk) })
        .with("create-order", |environment, sdk| async move { create_order::start(&environment, &sdk) })
        .with("disconnect", |environment, sdk| async move { disconnect::start(&environment, &sdk) })
        .with("orders", |environment, sdk| async move { orders::start(&environment, &sdk) })
        .with("send-message", |environment, sdk| async move { send_message::start(&environment, &sdk) })
        .with("signals", |environment, sdk| async move { signals::start(&environment, &sdk) })
}
