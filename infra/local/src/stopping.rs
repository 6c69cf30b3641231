//! That the gateway stops, as everybody in it learns it.

use tokio::sync::watch;

/// Completes for everyone who waits once the gateway stops.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(watch::Receiver<bool>);

/// Says that the gateway stops.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

/// Both ends.
pub(crate) fn stop() -> (Stop, Stopping) {
    let (stop, stopping) = watch::channel(false);
    (Stop(stop), Stopping(stopping))
}

impl Stop {
    /// From now on.
    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Waits until the gateway stops; for ever if it was dropped without a word.
    pub(crate) async fn wait(&self) {
        let mut stopping = self.0.clone();
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
