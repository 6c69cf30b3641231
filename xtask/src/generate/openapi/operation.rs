//! One call of the REST API, put together from what it takes and what it answers.

use std::collections::BTreeMap;

use anyhow::Result;
use protocol::Code;
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::generate::schema::{Schemas, reference};

/// One call.
#[derive(Clone)]
pub(super) struct Operation {
    /// Such as `/api/sales`.
    pub(super) path: String,
    /// In lower case.
    pub(super) method: &'static str,
    content: Value,
    codes: Vec<Code>,
}

impl Operation {
    /// A call that needs a token.
    pub(super) fn new(method: &'static str, path: &str, id: &str, summary: &str) -> Self {
        let tag = if path.starts_with("/api/sales") { "orders" } else { "conversations" };
        let content = json!({
            "operationId": id,
            "summary": summary,
            "tags": [tag],
            "parameters": [],
            "responses": {
                "401": { "$ref": "#/components/responses/NoToken" },
                "403": { "$ref": "#/components/responses/BadToken" },
                "429": { "$ref": "#/components/responses/Throttled" },
                "503": { "$ref": "#/components/responses/Unavailable" },
            },
        });
        Self { path: path.to_owned(), method, content, codes: vec![Code::Internal, Code::RateLimited] }
    }

    /// More about it than its summary.
    pub(super) fn about(mut self, words: &str) -> Self {
        self.content["description"] = words.into();
        self
    }

    /// Anybody may call it, and nothing is looked up for it.
    pub(super) fn open(mut self) -> Self {
        self.content["security"] = json!([]);
        self.codes = vec![Code::Internal];
        if let Some(responses) = self.content["responses"].as_object_mut() {
            responses.retain(|status, _| status != "401" && status != "403");
        }
        self
    }

    /// An id in the path.
    pub(super) fn id(self, name: &str, prefix: &str) -> Self {
        let schema = json!({ "type": "string", "pattern": format!("^{prefix}_[a-z2-7]{{26}}$") });
        let example = format!("{prefix}_aebagbafaydqqcikbmga2dqpca");
        let parameter = json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example });
        self.parameter(parameter)
    }

    /// A user's id in the path.
    pub(super) fn user(self, name: &str) -> Self {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 128 });
        self.parameter(json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": "anna" }))
    }

    /// An optional header.
    pub(super) fn header(self, name: &str, schema: &Value, words: &str) -> Self {
        self.parameter(json!({ "name": name, "in": "header", "schema": schema, "description": words }))
    }

    /// A query with the fields of `T`, all of them optional.
    pub(super) fn query<T: JsonSchema>(mut self, schemas: &mut Schemas) -> Result<Self> {
        for (name, mut schema) in schemas.query::<T>()? {
            let words = schema.as_object_mut().and_then(|fields| fields.remove("description"));
            self = self.parameter(json!({ "name": name, "in": "query", "schema": schema, "description": words }));
        }
        Ok(self)
    }

    fn parameter(mut self, parameter: Value) -> Self {
        if let Some(parameters) = self.content["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        self
    }

    /// A JSON body, and the ways in which one can be wrong.
    pub(super) fn takes<T: JsonSchema>(mut self, schemas: &mut Schemas, example: &Value) -> Self {
        let body = json!({ "schema": schemas.sent::<T>(), "example": example });
        self.content["requestBody"] = json!({ "required": true, "content": { "application/json": body } });
        self.problems(&[Code::BadRequest, Code::PayloadTooLarge, Code::InvalidRequest])
    }

    /// A successful answer.
    pub(super) fn answers<T: JsonSchema>(mut self, schemas: &mut Schemas, status: u16, words: &str) -> Self {
        self.content["responses"][status.to_string()] = json!({
            "description": words,
            "content": { "application/json": { "schema": schemas.got::<T>() } },
        });
        self
    }

    /// After the answer `status`, `operation` can be called with `parameter` from `place` in the answer.
    pub(super) fn leads_to(mut self, status: u16, operation: &str, parameter: &str, place: &str) -> Self {
        self.content["responses"][status.to_string()]["links"][operation] = json!({
            "operationId": operation,
            "parameters": { parameter: format!("$response.body#/{place}") },
        });
        self
    }

    /// The errors it can answer, beside those that every call can.
    pub(super) fn problems(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The call as the document has it.
    pub(super) fn into_content(mut self) -> Value {
        let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for code in &self.codes {
            let status = code.status().map(|status| by_status.entry(status).or_default());
            if let Some(listed) = status.filter(|listed| !listed.contains(&code.as_str())) {
                listed.push(code.as_str());
            }
        }
        for (status, codes) in by_status {
            self.content["responses"][status.to_string()] = problem(status, &codes);
        }
        self.content
    }
}

/// An error with one of these codes, or the gateway's own under the same status.
fn problem(status: u16, codes: &[&str]) -> Value {
    let own = json!({
        "allOf": [
            reference("Problem"),
            { "properties": { "status": { "const": status }, "code": { "enum": codes } } },
        ],
    });
    let gateway = match status {
        403 => Some("a bad token"),
        404 => Some("an unknown route"),
        413 => Some("more than 10 MB"),
        429 => Some("too many requests at once"),
        500 => Some("a function that failed"),
        _ => None,
    };
    let mut words = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let mut content = json!({ "application/problem+json": { "schema": own } });
    if let Some(gateway) = gateway {
        words = format!("{words}; or the gateway's own, without a code: {gateway}");
        content["application/json"] = json!({ "schema": reference("GatewayMessage") });
    }
    let mut response = json!({ "description": words, "content": content });
    if status == 429 {
        let schema = json!({ "type": "integer", "minimum": 1 });
        response["headers"] = json!({
            "Retry-After": { "schema": schema, "description": "Seconds to wait; only beside `rate_limited`." },
        });
    }
    response
}

/// What the gateway can answer to every call.
pub(super) fn gateway_responses() -> Value {
    let response = |words: &str| {
        let content = json!({ "application/json": { "schema": reference("GatewayMessage") } });
        json!({ "description": words, "content": content })
    };
    json!({
        "NoToken": response("There is no `Authorization` header."),
        "BadToken": response("The token is not good, or no longer: get a new one."),
        "Throttled": response("More requests at once than the gateway takes: try again later."),
        "Unavailable": response("No answer within 30 seconds: try again."),
    })
}
