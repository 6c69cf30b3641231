//! The project's functions with a clock that the benchmark moves, and a count of their invocations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_smithy_async::time::SharedTimeSource;
use local::Functions;
use runtime::{Environment, Function, LambdaEvent, SdkConfig, Start};
use serde_json::Value;

use super::clock::MovedClock;

/// How often the functions were called. Clones are the same count.
#[derive(Clone, Debug, Default)]
pub(super) struct Invocations(Arc<AtomicU32>);

impl Invocations {
    /// Returns and resets the count.
    pub(super) fn take(&self) -> u32 {
        self.0.swap(0, Ordering::SeqCst)
    }
}

/// All functions.
pub(super) fn counted(clock: &MovedClock, invocations: &Invocations) -> Functions {
    let functions: [(&str, Start); 12] = [
        ("authorizer", authorizer::start),
        ("change-conversation", change_conversation::start),
        ("connect", connect::start),
        ("conversations", conversations::start),
        ("create-order", create_order::start),
        ("deadlines", deadlines::start),
        ("desk", desk::start),
        ("disconnect", disconnect::start),
        ("notify", notify::start),
        ("orders", orders::start),
        ("send-message", send_message::start),
        ("signals", signals::start),
    ];
    functions.into_iter().fold(Functions::new(), |all, (binary, start)| {
        let (clock, invocations) = (clock.clone(), invocations.clone());
        all.with(binary, move |environment: &Environment, sdk: &SdkConfig| {
            let sdk = sdk.to_builder().time_source(SharedTimeSource::new(clock.clone())).build();
            let function = start(environment, &sdk)?;
            let (clock, invocations) = (clock.clone(), invocations.clone());
            Ok(Function::new(move |mut event: LambdaEvent<Value>| {
                invocations.0.fetch_add(1, Ordering::SeqCst);
                // API Gateway's own clock is the system's.
                if event.payload["requestContext"]["eventType"] == "CONNECT" {
                    event.payload["requestContext"]["connectedAt"] = clock.millis().into();
                }
                let function = function.clone();
                async move { function.call(event).await }
            }))
        })
    })
}
