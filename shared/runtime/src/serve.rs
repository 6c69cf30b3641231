//! The way from an event to an operation and back: the same for every function.

use std::future::Future;
use std::sync::Arc;

use lambda_http::aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Body, Request, Response};
use lambda_runtime::{Context, Error, LambdaEvent};
use protocol::{Action, Code, Event as ServerEvent, Frame, Problem};
use serde_json::{Value, json};

use crate::{App, Event, Failure, Function, Link, Reply, Rest, SocketFrame, now};

/// A function that answers its events by `handle`.
pub fn serve<H, A>(app: App, handle: H) -> Function
where
    H: Fn(Arc<App>, Event) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let app = Arc::new(app);
    Function::new(move |event| {
        let (app, handle) = (app.clone(), handle.clone());
        async move {
            let LambdaEvent { payload, context } = event;
            // Only WebSocket events have a connection.
            if payload.pointer("/requestContext/connectionId").is_some() {
                socket(app, handle, serde_json::from_value(payload)?).await
            } else {
                rest(app, handle, LambdaRequest::ApiGatewayV2(serde_json::from_value(payload)?), context).await
            }
        }
    })
}

async fn rest<H, A>(app: Arc<App>, handle: H, request: LambdaRequest, context: Context) -> Result<Value, Error>
where
    H: Fn(Arc<App>, Event) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let request_id = context.request_id.clone();
    let service = lambda_http::service_fn(move |request: Request| {
        let (app, handle, request_id) = (app.clone(), handle.clone(), request_id.clone());
        async move {
            let rest = Rest::new(request);
            let route = rest.route.clone();
            let user_id = rest.known_caller().map(|caller| caller.person.user_id.clone());
            if rest.known_caller().is_some_and(|caller| caller.is_expired(now())) {
                // As the gateway says it, which remembers its yes for longer than this token lives.
                return response(403, "application/json", None, r#"{"message":"Forbidden"}"#.to_owned());
            }
            let outcome = handle(app, Event::Rest(rest)).await;
            let status = match &outcome {
                Ok(Reply::Json { status, .. }) => *status,
                Ok(_) => 500,
                Err(failure) => failure.problem.status,
            };
            tracing::info!(request_id, route, user_id, status, "request");
            match outcome {
                Ok(Reply::Json { status, body }) => response(status, "application/json", None, body),
                Ok(_) => Err("a REST request was answered with a frame".into()),
                Err(failure) => {
                    let problem = told(failure);
                    let retry_after = problem.retry_after_ms.map(|ms| (ms + 999) / 1000);
                    response(problem.status, "application/problem+json", retry_after, serde_json::to_string(&problem)?)
                }
            }
        }
    });
    let answer = Adapter::from(service).oneshot(LambdaEvent::new(request, context)).await?;
    Ok(serde_json::to_value(answer)?)
}

fn response(status: u16, content_type: &str, retry_after: Option<i64>, body: String) -> Result<Response<Body>, Error> {
    let mut response = Response::builder().status(status).header("content-type", content_type);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds.to_string());
    }
    Ok(response.header("cache-control", "no-store").body(Body::from(body))?)
}

async fn socket<H, A>(app: Arc<App>, handle: H, event: ApiGatewayWebsocketProxyRequest) -> Result<Value, Error>
where
    H: Fn(Arc<App>, Event) -> A,
    A: Future<Output = Result<Reply, Failure>>,
{
    let link = Link::new(&event).ok_or("a connection without its authorizer's context")?;
    let context = &event.request_context;
    let (connection_id, user_id) = (link.id.clone(), link.caller.person.user_id.clone());
    let request_id = context.request_id.as_deref().unwrap_or_default();
    match context.event_type.as_deref() {
        Some("CONNECT") => {
            let outcome = handle(app, Event::Connect(link)).await.map_err(told);
            let status = outcome.as_ref().map_or_else(|problem| problem.status, |_| 200);
            tracing::info!(request_id, connection_id, user_id, status, "connect");
            Ok(json!({ "statusCode": status }))
        }
        Some("DISCONNECT") => {
            let outcome = handle(app, Event::Disconnect(link)).await.map_err(told);
            tracing::info!(request_id, connection_id, user_id, done = outcome.is_ok(), "disconnect");
            Ok(json!({ "statusCode": 200 }))
        }
        _ => {
            let text = frame(app, handle, link, event.body.as_deref().unwrap_or_default()).await;
            tracing::info!(request_id, connection_id, user_id, code = text.1.map(Code::as_str), "frame");
            // Always 200: what another status does to a frame's answer is not documented.
            Ok(match text.0 {
                Some(text) => json!({ "statusCode": 200, "body": text }),
                None => json!({ "statusCode": 200 }),
            })
        }
    }
}

/// The frame that answers a frame, and its error's code.
async fn frame<H, A>(app: Arc<App>, handle: H, link: Link, text: &str) -> (Option<String>, Option<Code>)
where
    H: Fn(Arc<App>, Event) -> A,
    A: Future<Output = Result<Reply, Failure>>,
{
    let Frame { request_id, action } = match Frame::parse(text) {
        Ok(frame) => frame,
        Err(rejected) => return refusal(rejected.request_id, &rejected.problem),
    };
    if link.caller.is_expired(now()) && !matches!(action, Action::Ping {}) {
        let detail = "The token has expired: get a new one, then a ticket, then connect.";
        let (text, code) = refusal(request_id, &Problem::new(Code::TokenExpired, detail));
        // The answer must be out before the connection is closed, so it is pushed rather than returned.
        app.push.post(&link.id, text.as_deref().unwrap_or_default()).await;
        app.push.close(&link.id).await;
        return (None, code);
    }
    match handle(app, Event::Frame(SocketFrame { link, action })).await {
        Ok(Reply::Ack(body)) => {
            let ack = request_id.map(|request_id| ServerEvent::Ack { request_id, body: *body }.to_text());
            (ack, None)
        }
        Ok(_) => (None, None),
        Err(failure) => refusal(request_id, &told(failure)),
    }
}

fn refusal(request_id: Option<String>, problem: &Problem) -> (Option<String>, Option<Code>) {
    let error = ServerEvent::Error {
        request_id,
        code: problem.code,
        message: problem.detail.clone(),
        retry_after_ms: problem.retry_after_ms,
    };
    (Some(error.to_text()), Some(problem.code))
}

/// What the client is told; the log hears the rest.
fn told(failure: Failure) -> Problem {
    if let Some(cause) = failure.cause {
        tracing::error!(cause, "internal error");
    }
    *failure.problem
}
