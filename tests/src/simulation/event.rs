//! Builds the events that API Gateway sends to functions.

use domain::Person;
use serde_json::{Map, Value, json};

/// The event of a REST request by `person`. `route` is spelled as in the template, and `id` has its
/// path parameters, separated by `/`.
pub(crate) fn rest_event(
    person: &Person,
    now: i64,
    route: &str,
    id: &str,
    query: &str,
    key: Option<&str>,
    body: &Value,
) -> Value {
    let (method, template) = route.split_once(' ').unwrap();
    let (mut parameters, mut ids) = (Map::new(), id.split('/'));
    let path: Vec<&str> = template
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => {
                let id = ids.next().unwrap();
                parameters.insert(name.to_owned(), json!(id));
                id
            }
            None => part,
        })
        .collect();
    let path = path.join("/");
    let mut headers = json!({ "host": "shop.example", "content-type": "application/json" });
    if let Some(key) = key {
        headers["idempotency-key"] = json!(key);
    }
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "pathParameters": parameters,
        "body": if body.is_null() { Value::Null } else { json!(body.to_string()) },
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "authorizer": { "lambda": context(person, now) },
            "domainName": "shop.example",
            "domainPrefix": "shop",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "" },
            "requestId": "r",
            "routeKey": route,
            "stage": "$default",
            "time": "09/Feb/2024:18:23:28 +0000",
            "timeEpoch": now,
        },
    })
}

/// The event of a WebSocket connection. `kind` is `CONNECT`, `DISCONNECT`, or `MESSAGE` with a
/// frame.
pub(crate) fn websocket_event(
    person: &Person,
    now: i64,
    connection: &str,
    connected_at: i64,
    kind: &str,
    frame: Option<&Value>,
) -> Value {
    json!({
        "requestContext": {
            "routeKey": "$default",
            "eventType": kind,
            "extendedRequestId": "r",
            "requestId": "r",
            "requestTime": "09/Feb/2024:18:23:28 +0000",
            "requestTimeEpoch": now,
            "connectedAt": connected_at,
            "messageDirection": "IN",
            "messageId": "m",
            "stage": "prod",
            "identity": { "sourceIp": "127.0.0.1", "userAgent": "" },
            "domainName": "shop.example",
            "connectionId": connection,
            "apiId": "api",
            "authorizer": context(person, now),
        },
        "body": frame.map(Value::to_string),
        "isBase64Encoded": false,
    })
}

fn context(person: &Person, now: i64) -> Value {
    let expires = now / 1000 + 3_600;
    json!({ "userId": person.user_id, "role": person.role, "name": person.name, "expires": expires.to_string() })
}
