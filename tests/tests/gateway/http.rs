//! The HTTP API of the local gateway, one documented behaviour in each test.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use local::{Functions, Gateway, Timers};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tests::gateway::{TestTemplate, answering, recording, using};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn get(gateway: &Gateway, path: &str) -> (u16, Value) {
    let response = reqwest::get(format!("{}{path}", gateway.base_url())).await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn an_event_is_that_of_payload_format_2() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let template = TestTemplate::new().function("echo").open("echo", "POST", "/orders/{id}/lines/{rest+}");
    let gateway = template.start(Functions::new().with("echo", function)).await;
    let url = format!("{}/orders/o%201/lines/a/b?x=1&x=2&y=%26", gateway.base_url());
    let request = Client::new().post(url).header("X-Many", "a").header("X-Many", "b").header("Cookie", "k=v; l=w");
    let request = request.header("Content-Type", "application/json").header("User-Agent", "test").body("{\"a\":1}");
    assert_eq!(request.send().await.unwrap().status(), 200);

    let event = seen.next().await;
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["routeKey"], "POST /orders/{id}/lines/{rest+}");
    assert_eq!(event["rawPath"], "/orders/o%201/lines/a/b");
    assert_eq!(event["rawQueryString"], "x=1&x=2&y=%26");
    assert_eq!(event["cookies"], json!(["k=v", "l=w"]));
    assert_eq!(event["headers"]["x-many"], "a,b");
    assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.1");
    assert_eq!(event["headers"].get("cookie"), None);
    assert_eq!(event["queryStringParameters"], json!({ "x": "1,2", "y": "&" }));
    assert_eq!(event["pathParameters"], json!({ "id": "o 1", "rest": "a/b" }));
    assert_eq!(event["body"], "{\"a\":1}");
    assert_eq!(event["isBase64Encoded"], false);
    let context = &event["requestContext"];
    assert_eq!(context["http"]["method"], "POST");
    assert_eq!(context["http"]["path"], "/orders/o%201/lines/a/b");
    assert_eq!(context["http"]["protocol"], "HTTP/1.1");
    assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["http"]["userAgent"], "test");
    assert_eq!(context["stage"], "$default");
    assert_eq!(context["routeKey"], event["routeKey"]);
    for text in ["accountId", "apiId", "domainName", "domainPrefix", "requestId", "time"] {
        assert!(context[text].as_str().is_some_and(|text| !text.is_empty()), "{text}");
    }
    assert!(context["time"].as_str().unwrap().ends_with(" +0000"), "{}", context["time"]);
    assert!(context["timeEpoch"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(context.get("authorizer"), None);
}

#[tokio::test]
async fn absent_parts_of_a_request_are_absent_in_its_event() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "GET", "/")
        .start(Functions::new().with("echo", function))
        .await;
    get(&gateway, "/").await;
    let event = seen.next().await;
    for absent in ["body", "cookies", "pathParameters", "queryStringParameters"] {
        assert_eq!(event.get(absent), None, "{absent}");
    }
    assert_eq!(event["rawQueryString"], "");
}

#[tokio::test]
async fn binary_bodies_arrive_in_base64() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "POST", "/")
        .start(Functions::new().with("echo", function))
        .await;
    for (kind, body) in [("application/octet-stream", &b"text"[..]), ("text/plain", &b"\xff\xfe"[..])] {
        let request = Client::new().post(gateway.base_url()).header("content-type", kind).body(body);
        request.send().await.unwrap();
        assert_eq!(seen.next().await["isBase64Encoded"], true, "{kind}");
    }
}

#[tokio::test]
async fn the_most_specific_route_answers_and_no_route_is_404() {
    let named = |name: &'static str| answering(move |_| async move { Ok(json!({ "name": name })) });
    let template = TestTemplate::new().function("one").function("mine").function("all");
    let template =
        template.open("one", "GET", "/o/{id}").open("mine", "GET", "/o/mine").open("all", "ANY", "/f/{all+}");
    let functions = Functions::new().with("one", named("one")).with("mine", named("mine")).with("all", named("all"));
    let gateway = template.start(functions).await;
    assert_eq!(get(&gateway, "/o/mine").await, (200, json!({ "name": "mine" })));
    assert_eq!(get(&gateway, "/o/7").await, (200, json!({ "name": "one" })));
    assert_eq!(get(&gateway, "/f/a/b").await, (200, json!({ "name": "all" })));
    assert_eq!(get(&gateway, "/o").await, (404, json!({ "message": "Not Found" })));
    let posted = Client::new().post(format!("{}/o/7", gateway.base_url())).send().await.unwrap();
    assert_eq!(posted.status(), 404);
}

#[tokio::test]
async fn an_answer_is_status_headers_cookies_and_body() {
    let answer = json!({
        "statusCode": 201,
        "headers": { "Content-Type": "text/html", "X-Count": 3 },
        "cookies": ["a=1; Secure", "b=2"],
        "body": "PGI+",
        "isBase64Encoded": true,
    });
    let (_seen, function) = recording(answer);
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "GET", "/")
        .start(Functions::new().with("echo", function))
        .await;
    let response = reqwest::get(gateway.base_url()).await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.headers()["x-count"], "3");
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Secure", "b=2"]);
    assert_eq!(response.text().await.unwrap(), "<b>");
}

#[tokio::test]
async fn an_answer_without_a_status_is_the_body() {
    let (_seen, function) = recording(json!({ "any": ["thing"] }));
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "GET", "/")
        .start(Functions::new().with("echo", function))
        .await;
    let response = reqwest::get(gateway.base_url()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.json::<Value>().await.unwrap(), json!({ "any": ["thing"] }));
}

#[tokio::test]
async fn a_function_that_fails_is_500() {
    let failing = answering(|_| async { Err("no".into()) });
    let panicking = answering(|_| async { panic!("never caught") });
    let odd = answering(|_| async { Ok(json!({ "statusCode": "many" })) });
    let template = TestTemplate::new().function("fail").function("panic").function("odd");
    let template = template.open("fail", "GET", "/fail").open("panic", "GET", "/panic").open("odd", "GET", "/odd");
    let functions = Functions::new().with("fail", failing).with("panic", panicking).with("odd", odd);
    let gateway = template.start(functions).await;
    for path in ["/fail", "/panic", "/odd"] {
        assert_eq!(get(&gateway, path).await, (500, json!({ "message": "Internal Server Error" })), "{path}");
    }
}

#[tokio::test]
async fn an_integration_that_takes_too_long_is_503() {
    let slow = answering(|_| std::future::pending());
    let timers = Timers { http: Duration::from_millis(50), ..Timers::default() };
    let template = TestTemplate::new().function("slow").open("slow", "GET", "/");
    let gateway = template.start_with(timers, Functions::new().with("slow", slow)).await;
    assert_eq!(get(&gateway, "/").await, (503, json!({ "message": "Service Unavailable" })));
}

#[tokio::test]
async fn the_timeout_of_the_template_ends_a_call() {
    let slow = answering(|_| std::future::pending());
    let gateway = TestTemplate::new()
        .limited("slow", 1, &[])
        .open("slow", "GET", "/")
        .start(Functions::new().with("slow", slow))
        .await;
    assert_eq!(get(&gateway, "/").await, (500, json!({ "message": "Internal Server Error" })));
}

#[tokio::test]
async fn unawaited_tasks_stop_with_the_answer() {
    struct Ended(Arc<AtomicBool>);
    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let ended = Arc::new(AtomicBool::new(false));
    let flag = ended.clone();
    let leaving = answering(move |_| {
        let ended = Ended(flag.clone());
        async move {
            tokio::spawn(async move {
                let _ended = ended;
                std::future::pending::<()>().await;
            });
            Ok(json!({ "statusCode": 204 }))
        }
    });
    let gateway = TestTemplate::new()
        .function("leave")
        .open("leave", "GET", "/")
        .start(Functions::new().with("leave", leaving))
        .await;
    assert_eq!(get(&gateway, "/").await.0, 204);
    assert!(ended.load(Ordering::SeqCst), "the task outlived the answer");
}

#[tokio::test]
async fn a_function_is_told_its_deadline_and_only_its_own_environment() {
    let telling = using(|environment, _, event| async move {
        let remaining = event.context.deadline().duration_since(std::time::SystemTime::now())?;
        Ok(json!({
            "name": environment.required("NAME")?,
            "path": environment.optional("PATH").is_some(),
            "seconds": remaining.as_secs_f64(),
            "request": event.context.request_id,
        }))
    });
    let gateway = TestTemplate::new()
        .function("tell")
        .open("tell", "GET", "/")
        .start(Functions::new().with("tell", telling))
        .await;
    let (_, told) = get(&gateway, "/").await;
    assert_eq!(told["name"], "tell");
    assert_eq!(told["path"], false);
    assert!((2.0..=3.0).contains(&told["seconds"].as_f64().unwrap()), "{told}");
    assert!(!told["request"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn an_authorizer_allows_denies_and_needs_an_identity() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let guard = answering(|event: Value| async move {
        match event["identitySource"][0].as_str() {
            Some("good") => Ok(json!({ "isAuthorized": true, "context": { "who": "ada", "age": 36 } })),
            Some("bad") => Ok(json!({ "isAuthorized": false })),
            Some("odd") => Ok(json!({})),
            _ => Err("asked about nobody".into()),
        }
    });
    let template =
        TestTemplate::new().function("guard").function("echo").guard("guard", 0).guarded("echo", "GET", "/x");
    let gateway = template.start(Functions::new().with("guard", guard).with("echo", function)).await;
    let call = async |token: Option<&str>| {
        let mut request = Client::new().get(format!("{}/x", gateway.base_url()));
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap_or_default())
    };
    assert_eq!(call(None).await, (401, json!({ "message": "Unauthorized" })));
    assert_eq!(call(Some("")).await, (401, json!({ "message": "Unauthorized" })));
    assert_eq!(call(Some("bad")).await, (403, json!({ "message": "Forbidden" })));
    assert_eq!(call(Some("odd")).await, (500, json!({ "message": "Internal Server Error" })));
    assert_eq!(call(Some("good")).await.0, 200);
    assert_eq!(seen.next().await["requestContext"]["authorizer"]["lambda"], json!({ "who": "ada", "age": 36 }));
    assert!(seen.nothing());
}

#[tokio::test]
async fn an_authorizer_is_asked_with_the_request_but_its_body() {
    let (mut asked, guard) = recording(json!({ "isAuthorized": false }));
    let (_seen, function) = recording(Value::Null);
    let template =
        TestTemplate::new().function("guard").function("echo").guard("guard", 0).guarded("echo", "POST", "/{id}");
    let gateway = template.start(Functions::new().with("guard", guard).with("echo", function)).await;
    let request = Client::new().post(format!("{}/7", gateway.base_url())).header("Authorization", "me").body("secret");
    request.send().await.unwrap();
    let event = asked.next().await;
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["identitySource"], json!(["me"]));
    assert_eq!(event["routeKey"], "POST /{id}");
    assert_eq!(event["pathParameters"], json!({ "id": "7" }));
    assert!(event["routeArn"].as_str().unwrap().ends_with("/$default/POST/7"), "{}", event["routeArn"]);
    assert_eq!(event.get("body"), None);
}

#[tokio::test]
async fn an_authorizers_answer_is_remembered_across_routes() {
    let (mut asked, guard) = recording(json!({ "isAuthorized": true }));
    let (_seen, function) = recording(json!({ "statusCode": 200 }));
    let template = TestTemplate::new().function("guard").function("echo").guard("guard", 300);
    let template = template.guarded("echo", "GET", "/a").guarded("echo", "GET", "/b");
    let gateway = template.start(Functions::new().with("guard", guard).with("echo", function)).await;
    let call = async |path: &str, token: &str| {
        let request = Client::new().get(format!("{}{path}", gateway.base_url())).header("Authorization", token);
        assert_eq!(request.send().await.unwrap().status(), 200);
    };
    call("/a", "one").await;
    call("/b", "one").await;
    call("/a", "two").await;
    assert_eq!(asked.next().await["identitySource"], json!(["one"]));
    assert_eq!(asked.next().await["identitySource"], json!(["two"]));
    assert!(asked.nothing());
}

#[tokio::test]
async fn the_gateway_handles_cors() {
    let answer = json!({ "statusCode": 200, "headers": { "Access-Control-Allow-Origin": "*", "X-Own": "1" } });
    let (mut seen, function) = recording(answer);
    let template = TestTemplate::new().function("echo").open("echo", "ANY", "/{all+}").origin("https://shop.example");
    let gateway = template.start(Functions::new().with("echo", function)).await;
    let call = async |method: Method, path: &str, origin: &str| {
        let request = Client::new().request(method, format!("{}{path}", gateway.base_url())).header("Origin", origin);
        request.header("Access-Control-Request-Method", "POST").send().await.unwrap()
    };
    let preflight = call(Method::OPTIONS, "/x", "https://shop.example").await;
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "https://shop.example");
    assert_eq!(preflight.headers()["access-control-allow-methods"], "GET,POST");
    assert_eq!(preflight.headers()["access-control-allow-headers"], "authorization");
    assert_eq!(preflight.headers()["access-control-max-age"], "60");
    let stranger = call(Method::OPTIONS, "/x", "https://evil.example").await;
    assert_eq!(stranger.headers().get("access-control-allow-origin"), None);
    assert!(seen.nothing(), "a preflight reached the function");

    let own = call(Method::GET, "/x", "https://shop.example").await;
    assert_eq!(own.headers()["access-control-allow-origin"], "https://shop.example");
    assert_eq!(own.headers()["x-own"], "1");
    let stranger = call(Method::GET, "/x", "https://evil.example").await;
    assert_eq!(stranger.headers().get("access-control-allow-origin"), None);
}

/// Sends these bytes unchanged and returns the status line of the answer.
async fn raw(gateway: &Gateway, request: &str) -> String {
    let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn too_large_requests_never_reach_a_function() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "POST", "/")
        .start(Functions::new().with("echo", function))
        .await;
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    let huge = format!("{head}Content-Length: 10485761\r\n\r\n");
    assert_eq!(raw(&gateway, &huge).await, "HTTP/1.1 413 Payload Too Large");
    let long = format!("{head}Content-Length: 0\r\nX-Long: {}\r\n\r\n", "x".repeat(10_240));
    assert_eq!(raw(&gateway, &long).await, "HTTP/1.1 431 Request Header Fields Too Large");
    let past_lambda = Client::new().post(gateway.base_url()).body("x".repeat(7 * 1024 * 1024)).send().await.unwrap();
    assert_eq!(past_lambda.status(), 413);
    assert_eq!(past_lambda.json::<Value>().await.unwrap(), json!({ "message": "Request Entity Too Large" }));
    assert!(seen.nothing());

    let filling = 10_240 - head.len() - "Content-Length: 0\r\nX-Long: \r\n".len();
    let fits = format!("{head}Content-Length: 0\r\nX-Long: {}\r\n\r\n", "x".repeat(filling));
    assert_eq!(raw(&gateway, &fits).await, "HTTP/1.1 200 OK");
    let large = Client::new().post(gateway.base_url()).body("x".repeat(5 * 1024 * 1024)).send().await.unwrap();
    assert_eq!(large.status(), 200);
}

/// Reads everything until the gateway closes the connection.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_request_that_never_comes_ends_its_connection() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let sketch = TestTemplate::new().function("echo").open("echo", "POST", "/");
    let timers = Timers { request: Duration::from_millis(100), ..Timers::default() };
    let gateway = sketch.start_with(timers, Functions::new().with("echo", function)).await;
    let send = async |text: &str| {
        let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        until_closed(stream).await
    };
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    for nothing in ["", "POST", head] {
        assert_eq!(send(nothing).await, "", "{nothing:?}");
    }
    for body in
        ["Content-Length: 10\r\n\r\n", "Content-Length: 10\r\n\r\n12345", "Transfer-Encoding: chunked\r\n\r\n5\r\n12"]
    {
        let answer = send(&format!("{head}{body}")).await;
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{body:?}: {answer}");
        assert!(answer.ends_with(r#"{"message":"Request Timeout"}"#), "{answer}");
    }
    assert!(seen.nothing());
    // A complete request is answered, and the connection ends if no other request follows.
    let answer = send(&format!("{head}Content-Length: 2\r\n\r\n{{}}")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn who_sends_too_much_is_told_so() {
    const LENGTH: usize = 11 * 1024 * 1024;
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "POST", "/")
        .start(Functions::new().with("echo", function))
        .await;
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    let body = "x".repeat(LENGTH);
    let announced = format!("{head}Content-Length: {LENGTH}\r\n\r\n{body}");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{LENGTH:x}\r\n{body}\r\n0\r\n\r\n");
    for request in [announced, chunked] {
        let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.expect("it is read to its end");
        let answer = until_closed(stream).await;
        assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
        assert!(answer.ends_with(r#"{"message":"Request Entity Too Large"}"#), "{answer}");
    }
    // A client that sends `Expect: 100-continue` need not send the body.
    let asked = format!("{head}Content-Length: {LENGTH}\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(raw(&gateway, &asked).await, "HTTP/1.1 413 Payload Too Large");
    let sent = Client::new().post(gateway.base_url()).body(body).send().await.unwrap();
    assert_eq!(sent.status(), 413);
    assert!(seen.nothing());
}

#[tokio::test]
async fn a_request_for_another_host_is_refused() {
    let (mut seen, function) = recording(json!({ "statusCode": 200 }));
    let gateway = TestTemplate::new()
        .function("echo")
        .open("echo", "GET", "/")
        .start(Functions::new().with("echo", function))
        .await;
    let with_host = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for stranger in ["evil.example", "evil.example:3000", "localhost.evil.example"] {
        assert_eq!(raw(&gateway, &with_host(stranger)).await, "HTTP/1.1 403 Forbidden", "{stranger}");
    }
    assert!(seen.nothing());
    for own in ["localhost:3000", "127.0.0.1", "[::1]:3000"] {
        assert_eq!(raw(&gateway, &with_host(own)).await, "HTTP/1.1 200 OK", "{own}");
    }
}

#[tokio::test]
async fn the_token_endpoint_gives_tokens() {
    let gateway = TestTemplate::new().start(Functions::new()).await;
    let ask = async |kind: &str, body: &str| {
        let request = Client::new().post(format!("{}/dev/token", gateway.base_url())).header("content-type", kind);
        let response = request.body(body.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap_or_default())
    };
    let (status, answer) = ask("application/json", r#"{"sub":"a","role":"admin","name":"A","expiresIn":60}"#).await;
    assert_eq!(status, 200);
    let key = jsonwebtoken::DecodingKey::from_secret(gateway.secret().as_bytes());
    let rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    let claims = jsonwebtoken::decode::<Value>(answer["token"].as_str().unwrap(), &key, &rules).unwrap().claims;
    assert_eq!(claims["sub"], "a");
    assert_eq!(claims["role"], "admin");
    assert_eq!(claims["name"], "A");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);

    assert_eq!(ask("text/plain", r#"{"sub":"a","role":"admin","name":"A"}"#).await.0, 415);
    assert_eq!(ask("application/json", "{").await.0, 400);
    for bad in [
        r#"{"role":"admin","name":"A"}"#,
        r#"{"sub":"system","role":"admin","name":"A"}"#,
        r#"{"sub":"a","role":"root","name":"A"}"#,
        r#"{"sub":"a","role":"admin","name":" "}"#,
        r#"{"sub":"a","role":"admin","name":"A","expiresIn":"soon"}"#,
    ] {
        let (status, problem) = ask("application/json", bad).await;
        assert_eq!(status, 422, "{bad}");
        assert_eq!(problem["code"], "invalid_request", "{bad}");
    }
}
