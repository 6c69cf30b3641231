//! The promises of `docs/protocol.md` in random schedules, on bad lines, and over restarts.

mod convergence;
mod cuts;
mod faults;
mod jitter;
