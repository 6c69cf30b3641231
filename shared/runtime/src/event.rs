//! The events of a function, with the caller and the request.

use domain::{ConversationId, OrderId, SharedId, Time};
use lambda_http::aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_http::http::header::ToStrError;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use protocol::{Action, Problem};
use serde::de::DeserializeOwned;

use crate::{Caller, Failure};

/// An event that a function handles.
#[derive(Debug)]
pub enum Event {
    /// A REST request.
    Rest(RestRequest),
    /// A frame that a client sent.
    Frame(SocketFrame),
    /// A connection is being opened. API Gateway finishes the handshake when the function answers.
    Connect(ConnectedCaller),
    /// A connection has ended.
    Disconnect {
        /// The connection and its caller.
        connected: ConnectedCaller,
        /// When it ended, by API Gateway's clock; never later than now.
        ended_at: Time,
    },
}

/// A REST request. Every route except the health check has an authorizer and so a caller.
#[derive(Debug)]
pub struct RestRequest {
    /// `METHOD /path/{parameter}`, as in the template.
    pub route: String,
    /// API Gateway's id of the request. The response headers and the access log contain it too.
    pub request_id: String,
    caller: Option<Caller>,
    request: Request,
}

/// A connection and the caller who opened it.
#[derive(Clone, Debug)]
pub struct ConnectedCaller {
    /// The caller who opened it.
    pub caller: Caller,
    /// API Gateway's connection id.
    pub id: String,
    /// When it was opened, by API Gateway's clock.
    pub connected_at: Time,
}

/// A frame that a client sent.
#[derive(Debug)]
pub struct SocketFrame {
    /// The connection that sent it.
    pub connected: ConnectedCaller,
    /// What the client asks for.
    pub action: Action,
}

impl RestRequest {
    pub(crate) fn new(request: Request) -> Self {
        let (route, request_id, caller) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => (
                context.route_key.clone().unwrap_or_default(),
                context.request_id.clone().unwrap_or_default(),
                context.authorizer.as_ref().and_then(|authorizer| Caller::from_context(&authorizer.fields)),
            ),
            _ => (String::new(), String::new(), None),
        };
        Self { route, request_id, caller, request }
    }

    pub(crate) fn known_caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// The caller. Returns an internal error on a route without an authorizer.
    pub fn caller(&self) -> Result<&Caller, Failure> {
        self.caller.as_ref().ok_or_else(|| Failure::internal("this route has no authorizer, so its caller is unknown"))
    }

    /// Parses the body as JSON of type `T`. Errors: too large, not JSON, or an invalid field.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        protocol::parse_body(self.request.body())
    }

    /// Parses the query string as `T`. Unknown parameters are ignored.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let query = self.request.uri().query().unwrap_or_default();
        let fields = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(fields)
            .map_err(|error| Problem::invalid(&error.path().to_string(), &error.inner().to_string()))
    }

    /// A request header. The inner `Err` means that the value is not visible ASCII.
    pub fn header(&self, name: &str) -> Option<Result<&str, ToStrError>> {
        self.request.headers().get(name).map(|value| value.to_str())
    }

    /// The user id in the path. Returns `not_found` for text that cannot be a user id.
    pub fn user_id(&self) -> Result<&str, Problem> {
        let parameters = self.request.path_parameters_ref();
        let user_id = parameters.and_then(|parameters| parameters.first("userId")).unwrap_or_default();
        if domain::is_user_id(user_id) { Ok(user_id) } else { Err(Problem::not_found()) }
    }

    /// The `seq` in the path. Returns `not_found` for text that is no number.
    pub fn seq(&self) -> Result<u64, Problem> {
        self.parameter("seq").parse().map_err(|_| Problem::not_found())
    }

    /// A part of the path; empty if there is none with this name.
    pub fn parameter(&self, name: &str) -> &str {
        self.request.path_parameters_ref().and_then(|parameters| parameters.first(name)).unwrap_or_default()
    }

    /// The shared id of the order or conversation in the path. Text that is not an id gives
    /// `not_found`, the same answer as for an id that does not exist.
    pub fn shared_id(&self, parameter: &str) -> Result<SharedId, Problem> {
        let text = self.parameter(parameter);
        let shared_id = match parameter {
            "orderId" => text.parse::<OrderId>().map(|id| id.shared_id().clone()),
            _ => text.parse::<ConversationId>().map(|id| id.shared_id().clone()),
        };
        let shared_id = shared_id.map_err(|_| Problem::not_found())?;
        crate::log_conversation_id(&shared_id);
        Ok(shared_id)
    }
}

impl ConnectedCaller {
    pub(crate) fn new(event: &ApiGatewayWebsocketProxyRequest) -> Option<Self> {
        let context = &event.request_context;
        Some(Self {
            caller: Caller::from_context(&context.authorizer.fields)?,
            id: context.connection_id.clone()?,
            connected_at: Time::from_millis(context.connected_at)?,
        })
    }
}

impl Failure {
    /// The error for an event that the function does not handle, because the template routes it to
    /// the wrong function.
    pub fn unexpected(event: &Event) -> Self {
        let what = match event {
            Event::Rest(request) => request.route.clone(),
            Event::Frame(_) => "a frame".to_owned(),
            Event::Connect(_) => "$connect".to_owned(),
            Event::Disconnect { .. } => "$disconnect".to_owned(),
        };
        Self::internal(format!("this function does not handle {what}: check its routes in the template"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ConversationStatus, Priority, TagId};
    use lambda_http::Body;
    use proptest::prelude::*;
    use protocol::{HistoryQuery, InboxQuery};

    fn asked(query: &str) -> RestRequest {
        let request = Request::new(Body::Empty);
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("https://shop.example/list?{query}").parse().unwrap();
        RestRequest::new(Request::from_parts(parts, body))
    }

    proptest! {
        #[test]
        fn queries_round_trip(
            status in prop::option::of(prop::sample::select(ConversationStatus::ALL.to_vec())),
            assignee: Option<String>, snoozed: Option<bool>, tag in prop::option::of(any::<[u8; 5]>()),
            priority in prop::option::of(prop::sample::select(Priority::ALL.to_vec())),
            q: Option<String>, since in prop::option::of(0..253_402_207_200_000i64), limit: Option<u32>, cursor: Option<String>,
            before: Option<u64>, after: Option<u64>,
        ) {
            let since = since.and_then(Time::from_millis);
            let tag = tag.map(TagId::from_random);
            let query = InboxQuery { status, q, assignee, snoozed, tag, priority, since, limit, cursor };
            let printed = serde_urlencoded::to_string(query).unwrap();
            let read: InboxQuery = asked(&printed).query().unwrap();
            prop_assert_eq!(serde_urlencoded::to_string(read).unwrap(), printed);
            let printed = serde_urlencoded::to_string(HistoryQuery { before, after, limit }).unwrap();
            let read: HistoryQuery = asked(&printed).query().unwrap();
            prop_assert_eq!(serde_urlencoded::to_string(read).unwrap(), printed);
        }

        #[test]
        fn any_query_gets_an_answer(query in "[a-zA-Z0-9%=&+._~-]{0,60}") {
            let _answer = asked(&query).query::<InboxQuery>();
        }
    }
}
