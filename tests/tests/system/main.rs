//! The system from inside: what it costs, what it may do, what it is made of.

mod costs;
mod example_events;
mod jwks;
mod layout;
mod operating;
mod policies;
mod secret_rotation;
