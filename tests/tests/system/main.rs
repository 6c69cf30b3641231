//! Tests of the system's costs, permissions and structure.

mod activity;
mod costs;
mod edit_minutes;
mod example_events;
mod jwks;
mod layout;
mod operating;
mod policies;
mod secret_rotation;
