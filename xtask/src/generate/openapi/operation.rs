//! Builds the description of one call of the REST API.

use std::collections::BTreeMap;

use anyhow::Result;
use protocol::Code;
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::generate::schema::{Schemas, reference};

/// One call.
#[derive(Clone)]
pub(super) struct Operation {
    /// The path, such as `/api/sales`.
    pub(super) path: String,
    /// The method in lower case.
    pub(super) method: &'static str,
    content: Value,
    codes: Vec<Code>,
}

impl Operation {
    /// Creates a call that needs a token.
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

    /// Adds a longer description.
    pub(super) fn about(mut self, words: &str) -> Self {
        self.content["description"] = words.into();
        self
    }

    /// Marks the call as public.
    pub(super) fn open(mut self) -> Self {
        self.content["security"] = json!([]);
        self.codes = vec![Code::Internal];
        if let Some(responses) = self.content["responses"].as_object_mut() {
            responses.retain(|status, _| status != "401" && status != "403");
        }
        self
    }

    /// Adds a path parameter that is an id with this prefix.
    pub(super) fn id(self, name: &str, prefix: &str) -> Self {
        let schema = json!({ "type": "string", "pattern": format!("^{prefix}_[a-z2-7]{{26}}$") });
        let example = format!("{prefix}_aebagbafaydqqcikbmga2dqpca");
        let parameter = json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example });
        self.parameter(parameter)
    }

    /// Adds a path parameter that is the id of something that the shop has set.
    pub(super) fn setting(self, name: &str) -> Self {
        let schema = json!({ "type": "string", "pattern": "^[a-z2-7]{8}$" });
        self.parameter(json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": "mfrggzdf" }))
    }

    /// Adds a path parameter that is a user's id.
    pub(super) fn user(self, name: &str) -> Self {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 128 });
        self.parameter(json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": "anna" }))
    }

    /// Adds a path parameter that is the `seq` of a message.
    pub(super) fn seq(self) -> Self {
        let schema = json!({ "type": "integer", "minimum": 1 });
        self.parameter(json!({ "name": "seq", "in": "path", "required": true, "schema": schema, "example": 1 }))
    }

    /// Adds an optional header.
    pub(super) fn header(self, name: &str, schema: &Value, words: &str) -> Self {
        self.parameter(json!({ "name": name, "in": "header", "schema": schema, "description": words }))
    }

    /// Adds the fields of `T` as optional query parameters.
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

    /// Adds a JSON body and the errors for an invalid one.
    pub(super) fn takes<T: JsonSchema>(mut self, schemas: &mut Schemas, example: &Value) -> Self {
        let body = json!({ "schema": schemas.sent::<T>(), "example": example });
        self.content["requestBody"] = json!({ "required": true, "content": { "application/json": body } });
        self.problems(&[Code::BadRequest, Code::PayloadTooLarge, Code::InvalidRequest])
    }

    /// Adds a successful answer.
    pub(super) fn answers<T: JsonSchema>(mut self, schemas: &mut Schemas, status: u16, words: &str) -> Self {
        self.content["responses"][status.to_string()] = json!({
            "description": words,
            "content": { "application/json": { "schema": schemas.got::<T>() } },
        });
        self
    }

    /// Adds a link: after the answer `status`, `operation` can be called with `parameter`, whose
    /// value is at `place` in the answer.
    pub(super) fn leads_to(mut self, status: u16, operation: &str, parameter: &str, place: &str) -> Self {
        self.content["responses"][status.to_string()]["links"][operation] = json!({
            "operationId": operation,
            "parameters": { parameter: format!("$response.body#/{place}") },
        });
        self
    }

    /// Adds errors of this call. Errors that every call can return are added elsewhere.
    pub(super) fn problems(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The description of the call for the document.
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

/// The answer for these error codes. The gateway's own error with the same status is included.
fn problem(status: u16, codes: &[&str]) -> Value {
    let own = json!({
        "allOf": [
            reference("Problem"),
            { "properties": { "status": { "const": status }, "code": { "enum": codes } } },
        ],
    });
    let gateway = match status {
        403 => Some("an invalid or expired token"),
        404 => Some("an unknown route"),
        413 => Some("a body of more than 10 MB"),
        429 => Some("too many requests"),
        500 => Some("a function that failed"),
        _ => None,
    };
    let mut words = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let mut content = json!({ "application/problem+json": { "schema": own } });
    if let Some(gateway) = gateway {
        words = format!("{words}; or, without a code, an error of API Gateway: {gateway}");
        content["application/json"] = json!({ "schema": reference("GatewayMessage") });
    }
    let mut response = json!({ "description": words, "content": content });
    if status == 429 {
        let schema = json!({ "type": "integer", "minimum": 1 });
        response["headers"] = json!({
            "Retry-After": { "schema": schema, "description": "Seconds to wait. Only with `rate_limited`." },
        });
    }
    response
}

/// The errors that the gateway can return for every call.
pub(super) fn gateway_responses() -> Value {
    let response = |words: &str| {
        let content = json!({ "application/json": { "schema": reference("GatewayMessage") } });
        json!({ "description": words, "content": content })
    };
    json!({
        "NoToken": response("The `Authorization` header is missing."),
        "BadToken": response("The token is invalid or has expired. Get a new token."),
        "Throttled": response("Too many requests. Try again later."),
        "Unavailable": response("There was no answer within 30 seconds. Try again."),
    })
}
