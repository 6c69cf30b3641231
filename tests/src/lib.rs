//! Journeys through real sockets.

pub mod gateway;
