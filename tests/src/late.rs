//! A push that comes late, however quick its function is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use local::Settings;
use tokio::sync::Notify;

use crate::between::{between, is_push};

/// Holds one push of one function.
#[derive(Clone, Debug, Default)]
pub struct LatePush {
    is_over: Arc<AtomicBool>,
    held: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl LatePush {
    /// Settings of a shop in which this function's first push is held.
    pub fn settings(&self, of: &'static str) -> Settings {
        let late = self.clone();
        between(move |function, request, inner| {
            if function != of || !is_push(&request) || late.is_over.swap(true, Ordering::Relaxed) {
                return inner.call(request);
            }
            let (late, inner) = (late.clone(), inner.clone());
            HttpConnectorFuture::new(async move {
                late.held.notify_one();
                late.go_on.notified().await;
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
