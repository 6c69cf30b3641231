//! Journeys through real sockets.
