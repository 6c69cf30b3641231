//! Functions that no client waits for: those that the table's stream or a schedule calls.

use std::future::Future;
use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::Instrument;

use crate::Function;

/// Makes a function that handles its events with `handle` and answers nothing. `context` is what it
/// works with. An error is logged, and Lambda counts the invocation as failed: it repeats the records
/// of a stream, and a schedule comes again.
pub fn serve_background<C, E, H, A>(context: C, handle: H) -> Function
where
    C: Send + Sync + 'static,
    E: DeserializeOwned + Send,
    H: Fn(Arc<C>, E) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<(), Error>> + Send + 'static,
{
    let context = Arc::new(context);
    Function::new(move |event: LambdaEvent<Value>| {
        let (context, handle) = (context.clone(), handle.clone());
        async move {
            let span = tracing::error_span!("background", invocation_id = event.context.request_id);
            let handled = async {
                handle(context, serde_json::from_value(event.payload)?).await?;
                Ok(Value::Null)
            };
            let logged = async {
                handled.await.inspect_err(|error: &Error| tracing::error!(%error, "an event was not handled"))
            };
            logged.instrument(span).await
        }
    })
}
