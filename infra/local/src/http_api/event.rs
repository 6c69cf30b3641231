//! Builds the events of the HTTP API, in payload format 2.0.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderName, USER_AGENT};
use http::request::Parts;
use serde_json::{Map, Value, json};

use super::Call;
use super::routes::Found;
use crate::aws::{ACCOUNT, execute_api_arn, now, short_id, trace_id};
use crate::query::Query;

/// The event of a request, still without its body and without the authorizer's context.
pub(super) fn request(api: &str, found: &Found<'_>, call: &Call) -> Value {
    let Call { parts, peer, .. } = call;
    let (time, epoch) = now();
    let host = text(parts, &HOST).unwrap_or_default();
    let (path, key) = (parts.uri.path(), found.key());
    let mut http = json!({
        "method": parts.method.as_str(),
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": peer.ip().to_string(),
    });
    if let Some(user_agent) = text(parts, &USER_AGENT) {
        http["userAgent"] = json!(user_agent);
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(call),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": api,
            "domainName": host,
            "domainPrefix": host.split(['.', ':']).next(),
            "http": http,
            "requestId": short_id(),
            "routeKey": key,
            "stage": "$default",
            "time": time,
            "timeEpoch": epoch,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(parts);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query.joined());
    }
    if !found.variables.is_empty() {
        event["pathParameters"] = json!(found.variables);
    }
    event
}

/// The event for the authorizer: the request without its body.
pub(super) fn question(api: &str, request: &Value) -> Value {
    let mut question = request.clone();
    let context = &request["requestContext"]["http"];
    let texts = (context["method"].as_str().unwrap_or_default(), context["path"].as_str().unwrap_or_default());
    question["type"] = json!("REQUEST");
    question["routeArn"] = json!(execute_api_arn(api, &format!("$default/{}{}", texts.0, texts.1)));
    if let Value::Object(question) = &mut question {
        question.remove("isBase64Encoded");
    }
    question
}

/// Adds the request's body: as text if its content type is a text type, otherwise in base64.
pub(super) fn carry_body(event: &mut Value, call: &Call) {
    if call.body.is_empty() {
        return;
    }
    let kind = text(&call.parts, &CONTENT_TYPE);
    match std::str::from_utf8(&call.body) {
        Ok(body) if kind.as_deref().is_none_or(is_text) => event["body"] = json!(body),
        _ => {
            event["body"] = json!(BASE64.encode(&call.body));
            event["isBase64Encoded"] = json!(true);
        }
    }
}

fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(kind.as_str(), "application/json" | "application/javascript" | "application/xml")
}

/// The headers as API Gateway passes them: names in lower case, values of one name joined by
/// commas, and the headers that API Gateway adds.
fn headers(call: &Call) -> Map<String, Value> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &call.parts.headers {
        if name == COOKIE {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined.insert(CONTENT_LENGTH.as_str().to_owned(), call.body.len().to_string());
    joined.insert("x-amzn-trace-id".to_owned(), trace_id());
    joined.insert("x-forwarded-for".to_owned(), call.peer.ip().to_string());
    joined.insert("x-forwarded-port".to_owned(), "443".to_owned());
    joined.insert("x-forwarded-proto".to_owned(), "https".to_owned());
    joined.into_iter().map(|(name, value)| (name, json!(value))).collect()
}

fn cookies(parts: &Parts) -> Vec<String> {
    let values = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = values.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty());
    cookies.map(str::to_owned).collect()
}

fn text(parts: &Parts, name: &HeaderName) -> Option<String> {
    parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
