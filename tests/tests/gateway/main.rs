//! The local gateway and the program that runs it.

mod command_line;
mod connections;
mod event_sources;
mod http;
mod template;
mod websocket;
