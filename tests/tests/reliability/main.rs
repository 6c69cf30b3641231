//! The promises of `docs/protocol.md` in random schedules, on bad connections, and over restarts.

mod broken_connections;
mod clock_steps;
mod convergence;
mod faults;
mod older_tables;
mod sweeps;
mod unstable_connections;
