//! Calls functions with the records of a table's stream, as Lambda's event source mappings do: in
//! the order of the writes, in batches, again after a failure.
//!
//! | file | what it implements |
//! |---|---|
//! | `poller` | reads the stream, and gathers batches |
//! | `delivery` | calls the function with a batch: retries, halves, gives up |
//! | `progress` | how far each mapping has come, and what was given up, on disk |

mod delivery;
mod poller;
mod progress;

pub(crate) use poller::Poller;
pub(crate) use progress::Progress;
