//! The AWS values that a function can see: account, region, names, and times in API Gateway's
//! format.

use data_encoding::{BASE64URL, HEXLOWER};
use jiff::{Timestamp, tz::TimeZone};

/// The account id: the example that AWS's documentation uses.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const PARTITION: &str = "aws";
pub(crate) const REGION: &str = "us-east-1";
/// The stack's name, with which the generated names of resources begin.
pub(crate) const STACK: &str = "order-chat";

/// The ARN of a table.
pub(crate) fn table_arn(table: &str) -> String {
    format!("arn:{PARTITION}:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
}

/// The ARN of a table's stream. AWS names a stream by the time at which it was switched on.
pub(crate) fn stream_arn(table: &str) -> String {
    format!("{}/stream/local", table_arn(table))
}

/// The ARN of a queue.
pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The ARN of a schedule in the default group.
pub(crate) fn schedule_arn(name: &str) -> String {
    format!("arn:{PARTITION}:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}")
}

/// The ARN of a log group. Nothing writes to it here.
pub(crate) fn log_group_arn(name: &str) -> String {
    format!("arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{name}")
}

/// The ARN of a secret. Secrets Manager adds a hyphen and six characters to the name.
pub(crate) fn secret_arn(name: &str) -> String {
    format!("arn:{PARTITION}:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-a1b2c3")
}

/// The ARN of a function.
pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:{PARTITION}:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// The ARN with which a policy names a part of an API. `path` is, for example,
/// `prod/POST/@connections/id`.
pub(crate) fn execute_api_arn(api: &str, path: &str) -> String {
    format!("arn:{PARTITION}:execute-api:{REGION}:{ACCOUNT}:{api}/{path}")
}

/// A random id in API Gateway's format for connections, messages and requests: `TWegAcC4EowCHnA=`.
pub(crate) fn short_id() -> String {
    BASE64URL.encode(&uuid::Uuid::new_v4().into_bytes()[..11])
}

/// A random X-Ray trace id, which API Gateway adds to every request.
pub(crate) fn trace_id() -> String {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    format!("Root=1-{:08x}-{}", Timestamp::now().as_second(), HEXLOWER.encode(&bytes[..12]))
}

/// The current time as in an event: `09/Feb/2024:18:23:28 +0000` and the milliseconds since 1970.
pub(crate) fn now() -> (String, i64) {
    let now = Timestamp::now();
    (request_time(now), now.as_millisecond())
}

/// A time as in an event: `09/Feb/2024:18:23:28 +0000`.
pub(crate) fn request_time(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S %z").to_string()
}

/// Returns true if an IAM pattern matches `value`. `*` matches any characters, `?` matches one.
pub(crate) fn covers(pattern: &str, value: &str) -> bool {
    let (pattern, value): (Vec<char>, Vec<char>) = (pattern.chars().collect(), value.chars().collect());
    let (mut p, mut v, mut star) = (0, 0, None);
    while v < value.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, v));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == '?' || *c == value[v]) {
            p += 1;
            v += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            v = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_as_in_iam() {
        assert!(covers("*", ""));
        assert!(covers("dynamodb:*Item", "dynamodb:GetItem"));
        assert!(!covers("dynamodb:*Item", "dynamodb:Query"));
        assert!(covers("arn:*/prod/*/@connections/*", "arn:aws:x/prod/POST/@connections/a="));
        assert!(covers("a?c", "abc"));
        assert!(!covers("a?c", "ac"));
    }

    #[test]
    fn ids_look_like_those_of_api_gateway() {
        let id = short_id();
        assert_eq!(id.len(), 16);
        assert!(id.ends_with('='));
    }
}
