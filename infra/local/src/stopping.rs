//! The signal that the gateway stops.

use tokio::sync::watch;

/// The receiving end: any number of tasks can wait for the signal.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(watch::Receiver<bool>);

/// The sending end.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

/// Creates both ends of the signal.
pub(crate) fn stop() -> (Stop, Stopping) {
    let (stop, stopping) = watch::channel(false);
    (Stop(stop), Stopping(stopping))
}

impl Stop {
    /// Sends the signal. Every later call of [`Stopping::wait`] returns at once.
    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Waits until the gateway stops. Never returns if the sending end was dropped without a
    /// signal.
    pub(crate) async fn wait(&self) {
        let mut stopping = self.0.clone();
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
