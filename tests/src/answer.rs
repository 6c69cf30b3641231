//! An answer of the REST API, checked as a success or as a problem.

use protocol::{Code, Problem};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, for failure messages.
    pub asked: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as received.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{}: not JSON: {error}: {self:?}", self.asked))
    }

    /// The body as a `T`. Panics if the status is not `status`, or if the body has fields that `T`
    /// does not have.
    #[track_caller]
    pub fn expect<T: DeserializeOwned + serde::Serialize>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        let typed: T = serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{}: not what the protocol says: {error}: {}", self.asked, self.text));
        assert_eq!(serde_json::to_value(&typed).unwrap(), self.json(), "{}: fields the protocol lacks", self.asked);
        typed
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok<T: DeserializeOwned + serde::Serialize>(&self) -> T {
        self.expect(200)
    }

    /// The problem (RFC 9457) with this code. Panics if the status, the code or the content type
    /// differs.
    #[track_caller]
    pub fn refused(&self, code: Code) -> Problem {
        let problem: Problem = serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{}: not a problem: {error}: {} {}", self.asked, self.status, self.text));
        assert_eq!(problem.code, code, "{}: {}", self.asked, self.text);
        assert_eq!(Some(self.status), code.status(), "{}: {}", self.asked, self.text);
        assert_eq!(problem.status, self.status, "{}: {}", self.asked, self.text);
        let kind = self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(kind.split(';').next(), Some("application/problem+json"), "{}: {}", self.asked, self.text);
        problem
    }

    /// Panics unless the gateway itself refused the request: a body with `message` and without
    /// `code`.
    #[track_caller]
    pub fn refused_by_gateway(&self, status: u16) {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text);
        let body = self.json();
        assert!(body["message"].is_string() && body.get("code").is_none(), "{}: {}", self.asked, self.text);
    }
}
