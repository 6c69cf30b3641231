//! The whole system on this machine: API Gateway, Lambda and DynamoDB in one process, from `template.yaml`.
//!
//! [`start`] reads the template, opens the embedded database, starts every function with the environment the template
//! gives it, and listens. What then happens to a request is what would happen on AWS, down to limits, close codes and
//! the answers that functions never see; code that works here should work deployed. Where that cannot be known, it is
//! said in `undocumented`.
//!
//! | file | what it stands for |
//! |---|---|
//! | `template/` | CloudFormation and SAM: what the system is |
//! | `server` | the port, and which API a request is for |
//! | `http_api/` | the HTTP API: routes, authorizer, CORS, events in payload format 2.0 |
//! | `websocket/` | the WebSocket API and `@connections` |
//! | `lambda` | how a function is called: a timeout, a payload limit, and nothing left running |
//! | `transport`, `dynamo/`, `secrets` | how a function's SDK reaches DynamoDB, its secret and the connections, and what its policy allows; DynamoDB on the port, for programs beside it |
//! | `pages/` | the web client, built where its sources changed |
//! | `data`, `identity` | the data folder, the secret, and `POST /dev/token` |
//!
//! Not reproduced: throttling by rate, quotas of an account, and cold starts.

mod aws;
mod data;
mod dynamo;
mod functions;
mod gateway;
mod http_api;
mod identity;
mod lambda;
mod pages;
mod query;
mod request_body;
mod respond;
mod secrets;
mod server;
mod settings;
mod startup_error;
mod stopping;
mod template;
mod transport;
mod undocumented;
mod websocket;

pub use functions::{Functions, functions};
pub use gateway::{Gateway, start};
pub use lambda::CONCURRENCY;
pub use settings::{Data, Settings, Template, Timers, Wrap};
pub use startup_error::StartupError;
