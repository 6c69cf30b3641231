//! Maps the binaries that the template names to their handlers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use runtime::{Environment, Function, SdkConfig, StartError};

/// Starts one function, as the `main` of its binary would.
pub(crate) type Start = Arc<dyn Fn(&Environment, &SdkConfig) -> Result<Function, StartError> + Send + Sync>;

/// The handlers that a gateway can run, by the name of the binary in the template.
#[derive(Clone, Default)]
pub struct Functions(BTreeMap<String, Start>);

impl Functions {
    /// Creates an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handler of one binary. `start` starts the function that the template builds from
    /// `binary`.
    #[must_use]
    pub fn with<S>(mut self, binary: &str, start: S) -> Self
    where
        S: Fn(&Environment, &SdkConfig) -> Result<Function, StartError> + Send + Sync + 'static,
    {
        self.0.insert(binary.to_owned(), Arc::new(start));
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
        .with("authorizer", authorizer::start)
        .with("change-conversation", change_conversation::start)
        .with("connect", connect::start)
        .with("conversations", conversations::start)
        .with("create-order", create_order::start)
        .with("deadlines", deadlines::start)
        .with("desk", desk::start)
        .with("disconnect", disconnect::start)
        .with("notify", notify::start)
        .with("orders", orders::start)
        .with("send-message", send_message::start)
        .with("signals", signals::start)
}
