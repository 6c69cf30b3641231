//! The local gateway, and the program that runs it.

mod connections;
mod http;
mod runner;
mod template;
mod websocket;
