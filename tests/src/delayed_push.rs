//! Delays one push of one function.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use local::Settings;
use tokio::sync::Notify;

use crate::interceptor::{intercepting, is_push};

/// Holds one push of one function.
#[derive(Clone, Debug, Default)]
pub struct DelayedPush {
    is_over: Arc<AtomicBool>,
    held: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl DelayedPush {
    /// Settings of a shop in which this function's first push is held.
    pub fn settings(&self, of: &'static str) -> Settings {
        let delayed = self.clone();
        intercepting(move |function, request, inner| {
            if function != of || !is_push(&request) || delayed.is_over.swap(true, Ordering::Relaxed) {
                return inner.call(request);
            }
            let (delayed, inner) = (delayed.clone(), inner.clone());
            HttpConnectorFuture::new(async move {
                delayed.held.notify_one();
                delayed.go_on.notified().await;
                inner.call(request).await
            })
        })
    }

    /// Waits until it is held.
    pub async fn is_held(&self) {
        self.held.notified().await;
    }

    /// Lets it go on.
    pub fn arrives(&self) {
        self.go_on.notify_one();
    }
}
