//! Where messages appear: when each one did, for those who wait for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::ReceivedMessage;

/// A message that appeared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// When its frame was read.
    pub(crate) at: Instant,
    /// How long the frame was, with its header, in bytes.
    pub(crate) bytes: usize,
}

/// The screens of one system's clients together.
#[derive(Default)]
pub(crate) struct Screen {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Arrival>>>,
}

impl Screen {
    /// Tells when message `number` first appears.
    pub(crate) fn watch(&self, number: u64) -> oneshot::Receiver<Arrival> {
        let (appears, appeared) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, appears);
        appeared
    }

    /// Shows a message.
    pub(crate) fn show(&self, said: &ReceivedMessage, at: Instant, bytes: usize) {
        let Some(number) = said.number() else { return };
        let watched = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        if let Some(watched) = watched {
            // Whoever watched may have given up.
            let _given_up = watched.send(Arrival { at, bytes });
        }
    }
}
