//! Turns an event into a call of the operation, and its result into the answer. All functions but
//! the authorizer use it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{ConversationId, Time};
use lambda_http::aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt;
use lambda_http::{Adapter, Body, Request, Response};
use lambda_runtime::{Context, Error, LambdaEvent};
use protocol::{Action, Code, Event as ServerEvent, Frame, PingFrame, Problem};
use serde_json::{Value, json};
use tracing::{Instrument, field};

use crate::{App, ConnectedCaller, Event, Failure, Function, Reply, RestRequest, SocketFrame};

/// An answer that took this long is written to the log, also if it succeeded.
const SLOW: Duration = Duration::from_secs(1);

/// The routes without a route response: API Gateway sends nothing that a function returns. Nobody
/// needs an answer to these actions, and API Gateway counts each answer, perhaps also an empty one.
const ONE_WAY_ROUTES: [&str; 4] = ["message_delivered", "message_read", "typing_start", "typing_stop"];

/// Makes a function that answers its events with `handle`.
pub fn serve<H, A>(app: App, handle: H) -> Function
where
    H: Fn(Arc<App>, Event) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let app = Arc::new(app);
    let ended = app.clone();
    let function = Function::new(move |event| {
        let (app, handle) = (app.clone(), handle.clone());
        async move {
            let LambdaEvent { payload, context } = event;
            // Only WebSocket events have a connection id.
            if payload.pointer("/requestContext/connectionId").is_some() {
                answer_websocket(app, handle, serde_json::from_value(payload)?, context.request_id).await
            } else {
                answer_rest(app, handle, LambdaRequest::ApiGatewayV2(serde_json::from_value(payload)?), context).await
            }
        }
    });
    function.with_end(move || ended.metrics.write())
}

async fn answer_rest<H, A>(app: Arc<App>, handle: H, request: LambdaRequest, context: Context) -> Result<Value, Error>
where
    H: Fn(Arc<App>, Event) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let invocation_id = context.request_id.clone();
    let service = lambda_http::service_fn(move |request: Request| {
        let rest = RestRequest::new(request);
        let span = tracing::error_span!(
            "rest",
            request_id = rest.request_id,
            invocation_id,
            route = rest.route,
            user_id = rest.known_caller().map(|caller| caller.person.user_id.as_str()),
            conversation_id = field::Empty,
        );
        answer_rest_request(app.clone(), handle.clone(), rest).instrument(span)
    });
    let answer = Adapter::from(service).oneshot(LambdaEvent::new(request, context)).await?;
    Ok(serde_json::to_value(answer)?)
}

async fn answer_rest_request<H, A>(app: Arc<App>, handle: H, rest: RestRequest) -> Result<Response<Body>, Error>
where
    H: Fn(Arc<App>, Event) -> A,
    A: Future<Output = Result<Reply, Failure>>,
{
    let began = Instant::now();
    if rest.known_caller().is_some_and(|caller| caller.is_expired(app.now())) {
        record_outcome(&app, 403, Some(Code::TokenExpired), began);
        // The same answer as API Gateway's own. It caches the authorizer's answer for longer than
        // this token is valid.
        return response(403, "application/json", None, r#"{"message":"Forbidden"}"#.to_owned());
    }
    match handle(app.clone(), Event::Rest(rest)).await {
        Ok(Reply::Json { status, body }) => {
            record_outcome(&app, status, None, began);
            response(status, "application/json", None, body)
        }
        Ok(_) => Err("the operation answered a REST request with a WebSocket reply".into()),
        Err(failure) => {
            let problem = failure.into_problem();
            record_outcome(&app, problem.status, Some(problem.code), began);
            let retry_after = problem.retry_after_ms.map(|ms| (ms + 999) / 1000);
            response(problem.status, "application/problem+json", retry_after, serde_json::to_string(&problem)?)
        }
    }
}

/// Counts an answered event in the metrics. Logs it if it was refused, failed or slow, and some of
/// the others.
fn record_outcome(app: &App, status: u16, code: Option<Code>, began: Instant) {
    let took = began.elapsed();
    if code.is_some() || took >= SLOW || app.sampling.next_is_written() {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status, code = code.map(Code::as_str), ms, "answered");
    }
    app.metrics.record_answer(code, app.store.take_lost_races(), app.now());
}

fn response(status: u16, content_type: &str, retry_after: Option<i64>, body: String) -> Result<Response<Body>, Error> {
    let mut response = Response::builder().status(status).header("content-type", content_type);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds.to_string());
    }
    Ok(response.header("cache-control", "no-store").body(Body::from(body))?)
}

async fn answer_websocket<H, A>(
    app: Arc<App>,
    handle: H,
    event: ApiGatewayWebsocketProxyRequest,
    invocation_id: String,
) -> Result<Value, Error>
where
    H: Fn(Arc<App>, Event) -> A,
    A: Future<Output = Result<Reply, Failure>>,
{
    let connected = ConnectedCaller::new(&event).ok_or("the event has no authorizer context")?;
    let context = &event.request_context;
    let span = tracing::error_span!(
        "websocket",
        request_id = context.request_id,
        invocation_id,
        route = context.route_key,
        connection_id = connected.id,
        user_id = connected.caller.person.user_id,
        conversation_id = field::Empty,
    );
    let answer = async {
        let began = Instant::now();
        let (body, code) = match context.event_type.as_deref() {
            Some("CONNECT") => {
                let outcome = handle(app.clone(), Event::Connect(connected)).await.map_err(Failure::into_problem);
                let (status, code) =
                    outcome.map_or_else(|problem| (problem.status, Some(problem.code)), |_| (200, None));
                record_outcome(&app, status, code, began);
                return json!({ "statusCode": status });
            }
            Some("DISCONNECT") => {
                // Lambda may get the event later than the connection ended; the event has the time
                // of the end.
                let reported = Time::from_millis(context.request_time_epoch);
                let ended_at =
                    reported.filter(|at| *at >= connected.connected_at).unwrap_or_else(|| app.now()).min(app.now());
                let outcome =
                    handle(app.clone(), Event::Disconnect { connected, ended_at }).await.map_err(Failure::into_problem);
                (None, outcome.err().map(|problem| problem.code))
            }
            _ => answer_frame(app.clone(), handle, connected, event.body.as_deref().unwrap_or_default()).await,
        };
        record_outcome(&app, 200, code, began);
        let is_one_way = context.route_key.as_deref().is_some_and(|route| ONE_WAY_ROUTES.contains(&route));
        let body = match (body, &context.connection_id) {
            (Some(text), Some(connection_id)) if is_one_way => {
                app.push.post(connection_id, &text).await;
                None
            }
            (body, _) => body,
        };
        // Always 200. AWS does not document what another status does to the answer of a frame.
        body.map_or_else(|| json!({ "statusCode": 200 }), |text| json!({ "statusCode": 200, "body": text }))
    };
    Ok(answer.instrument(span).await)
}

/// The frame that answers a frame, and the error code if it is an error.
async fn answer_frame<H, A>(
    app: Arc<App>,
    handle: H,
    connected: ConnectedCaller,
    text: &str,
) -> (Option<String>, Option<Code>)
where
    H: Fn(Arc<App>, Event) -> A,
    A: Future<Output = Result<Reply, Failure>>,
{
    let Frame { request_id, action } = match Frame::parse(text) {
        Ok(frame) => frame,
        Err(rejected) => return error_frame(rejected.request_id, &rejected.problem),
    };
    // A heartbeat that asks for nothing shows only that the connection works.
    let is_heartbeat = matches!(action, Action::Ping(PingFrame { as_of: None }));
    if connected.caller.is_expired(app.now()) && !is_heartbeat {
        let detail = "The token has expired. Get a new token and a new ticket, and connect again.";
        let (text, code) = error_frame(request_id, &Problem::new(Code::TokenExpired, detail));
        // Pushed, not returned: the client must get the answer before the connection is closed.
        app.push.post(&connected.id, text.as_deref().unwrap_or_default()).await;
        app.push.close(&connected.id).await;
        return (None, code);
    }
    if let Some(Ok(id)) = action.conversation_id().map(str::parse::<ConversationId>) {
        crate::log_conversation_id(id.shared_id());
    }
    match handle(app, Event::Frame(SocketFrame { connected, action })).await {
        Ok(Reply::Ack(body)) => {
            let ack = request_id.map(|request_id| ServerEvent::Ack { request_id, body: *body }.to_text());
            (ack, None)
        }
        Ok(_) => (None, None),
        Err(failure) => error_frame(request_id, &failure.into_problem()),
    }
}

fn error_frame(request_id: Option<String>, problem: &Problem) -> (Option<String>, Option<Code>) {
    let error = ServerEvent::Error {
        request_id,
        code: problem.code,
        message: problem.detail.clone(),
        retry_after_ms: problem.retry_after_ms,
        overtaken_by: problem.overtaken_by.clone(),
    };
    (Some(error.to_text()), Some(problem.code))
}
