//! Builds the events of the WebSocket API.

use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::WebSocketApi;
use super::connections::Connection;
use crate::aws::{execute_api_arn, now, short_id};
use crate::query::Query;

/// An event with its request id, which also is in error frames for the client.
pub(super) struct Event {
    pub(super) value: Value,
    pub(super) request_id: String,
}

impl WebSocketApi {
    /// The event for the authorizer of `$connect`.
    pub(super) fn authorizer_event(&self, connection: &Connection, headers: &HeaderMap, query: &Query) -> Event {
        let mut event = self.connect_event(connection, headers, query);
        event.value["type"] = json!("REQUEST");
        event.value["methodArn"] = json!(self.connect_arn());
        event.value["stageVariables"] = json!({});
        event.value["multiValueQueryStringParameters"] = json!(query.lists());
        event
    }

    /// The `$connect` event. It is the only one for a function with the headers and the query of
    /// the handshake.
    pub(super) fn connect_event(&self, connection: &Connection, headers: &HeaderMap, query: &Query) -> Event {
        let mut event = self.event(connection, "$connect", "CONNECT", Map::new());
        let (last, all) = header_maps(headers, connection);
        event.value["headers"] = last;
        event.value["multiValueHeaders"] = all;
        if !query.is_empty() {
            event.value["queryStringParameters"] = json!(query.last());
            event.value["multiValueQueryStringParameters"] = json!(query.lists());
        }
        event
    }

    /// The event of one frame from a client.
    pub(super) fn message_event(&self, connection: &Connection, route_key: &str, body: &str) -> Event {
        let more = Map::from_iter([("messageId".to_owned(), json!(short_id()))]);
        let mut event = self.event(connection, route_key, "MESSAGE", more);
        event.value["body"] = json!(body);
        event
    }

    /// The `$disconnect` event.
    pub(super) fn disconnect_event(&self, connection: &Connection, code: u16, reason: &str) -> Event {
        let more = [("disconnectStatusCode", json!(code)), ("disconnectReason", json!(reason))];
        let more = more.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut event = self.event(connection, "$disconnect", "DISCONNECT", more);
        event.value["headers"] = json!({ "Host": connection.domain, "x-api-key": "", "x-restapi": "" });
        event.value["multiValueHeaders"] = json!({ "Host": [connection.domain], "x-api-key": [""], "x-restapi": [""] });
        event
    }

    /// The ARN that the authorizer's policy must allow.
    pub(super) fn connect_arn(&self) -> String {
        execute_api_arn(&self.spec.id, &format!("{}/$connect", self.spec.stage))
    }

    fn event(&self, connection: &Connection, route_key: &str, kind: &str, more: Map<String, Value>) -> Event {
        let (time, epoch) = now();
        let request_id = short_id();
        let mut context = json!({
            "routeKey": route_key,
            "eventType": kind,
            "extendedRequestId": request_id,
            "requestId": request_id,
            "requestTime": time,
            "requestTimeEpoch": epoch,
            "connectedAt": connection.connected_at,
            "messageDirection": "IN",
            "stage": self.spec.stage,
            "identity": { "sourceIp": connection.source_ip },
            "domainName": connection.domain,
            "connectionId": connection.id,
            "apiId": self.spec.id,
        });
        if let Some(user_agent) = &connection.user_agent {
            context["identity"]["userAgent"] = json!(user_agent);
        }
        if let Some(authorizer) = &connection.authorizer {
            context["authorizer"] = Value::Object(authorizer.clone());
        }
        if let Value::Object(context) = &mut context {
            context.extend(more);
        }
        Event { value: json!({ "requestContext": context, "isBase64Encoded": false }), request_id }
    }
}

/// The headers of the handshake: the last value of each, and all values. API Gateway keeps the
/// names as the client wrote them, but the HTTP server here has lower-cased them. So they get the
/// case in which browsers write them. A function that looks for `origin` therefore fails here as it
/// does on AWS.
fn header_maps(headers: &HeaderMap, connection: &Connection) -> (Value, Value) {
    let mut all = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter().map(|value| json!(String::from_utf8_lossy(value.as_bytes())));
        all.insert(as_browsers_write(name.as_str()), values.collect());
    }
    for (name, value) in [
        ("X-Amzn-Trace-Id", crate::aws::trace_id()),
        ("X-Forwarded-For", connection.source_ip.clone()),
        ("X-Forwarded-Port", "443".to_owned()),
        ("X-Forwarded-Proto", "https".to_owned()),
    ] {
        all.insert(name.to_owned(), json!([value]));
    }
    let last = all.iter().map(|(name, values)| {
        let values = values.as_array().and_then(|values| values.last()).cloned();
        (name.clone(), values.unwrap_or_default())
    });
    (Value::Object(last.collect()), Value::Object(all))
}

fn as_browsers_write(name: &str) -> String {
    let word = |word: &str| match word {
        "websocket" => "WebSocket".to_owned(),
        _ => word[..1].to_ascii_uppercase() + &word[1..],
    };
    name.split('-').map(|part| if part.is_empty() { String::new() } else { word(part) }).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_written_as_browsers_do() {
        assert_eq!(as_browsers_write("origin"), "Origin");
        assert_eq!(as_browsers_write("sec-websocket-key"), "Sec-WebSocket-Key");
        assert_eq!(as_browsers_write("user-agent"), "User-Agent");
    }
}
