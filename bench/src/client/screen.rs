//! Records when messages arrive, for those who wait for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::ReceivedMessage;

/// The arrival of a message or of a receipt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// When its frame was read.
    pub(crate) at: Instant,
    /// The size of the frame with its header, in bytes.
    pub(crate) bytes: usize,
}

/// The arrivals at all clients of one system.
#[derive(Default)]
pub(crate) struct Screen {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Arrival>>>,
    receipt: Mutex<Option<oneshot::Sender<Arrival>>>,
}

impl Screen {
    /// Waits for the first arrival of message `number`.
    pub(crate) fn watch(&self, number: u64) -> oneshot::Receiver<Arrival> {
        let (appears, appeared) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, appears);
        appeared
    }

    /// Waits for the next receipt.
    pub(crate) fn watch_receipt(&self) -> oneshot::Receiver<Arrival> {
        let (appears, appeared) = oneshot::channel();
        *self.receipt.lock().unwrap_or_else(PoisonError::into_inner) = Some(appears);
        appeared
    }

    /// Records the arrival of a receipt.
    pub(crate) fn show_receipt(&self, at: Instant, bytes: usize) {
        if let Some(watched) = self.receipt.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The receiver may have stopped waiting.
            let _given_up = watched.send(Arrival { at, bytes });
        }
    }

    /// Records the arrival of a message.
    pub(crate) fn show(&self, said: &ReceivedMessage, at: Instant, bytes: usize) {
        let Some(number) = said.number() else { return };
        let watched = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        if let Some(watched) = watched {
            // The receiver may have stopped waiting.
            let _given_up = watched.send(Arrival { at, bytes });
        }
    }
}
