//! Runs the whole system on this machine: API Gateway, Lambda and DynamoDB in one process, as
//! `template.yaml` describes them.
//!
//! [`start`] reads the template, opens the embedded database, starts every function with the
//! environment that the template gives it, and listens. A request gets the same answer as on AWS.
//! That includes limits, close codes, and the answers that API Gateway gives without calling a
//! function. So code that works here should also work deployed. The module `undocumented` has the
//! behaviour that AWS does not document.
//!
//! | file | what it implements |
//! |---|---|
//! | `template/` | CloudFormation and SAM: reads the template |
//! | `server` | the port; decides which API a request is for |
//! | `http_api/` | the HTTP API: routes, authorizer, CORS, events in payload format 2.0 |
//! | `websocket/` | the WebSocket API and `@connections` |
//! | `lambda` | calls of functions, with Lambda's timeout, payload limit and isolation |
//! | `transport` | sends the requests of the functions' SDKs; checks the functions' policies |
//! | `dynamo/` | DynamoDB, for the functions and over HTTP for other programs |
//! | `event_source/` | event source mappings: the table's stream calls functions |
//! | `schedule` | EventBridge Scheduler |
//! | `secrets` | AWS Secrets Manager |
//! | `pages/` | the web client, built again if its sources have changed |
//! | `data`, `identity` | the data folder, the secret, and `POST /dev/token` |
//!
//! Not reproduced: throttling by rate, quotas of an account, and cold starts.

mod aws;
mod data;
mod dynamo;
mod event_source;
mod functions;
mod gateway;
mod http_api;
mod identity;
mod lambda;
mod pages;
mod query;
mod request_body;
mod respond;
mod schedule;
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
