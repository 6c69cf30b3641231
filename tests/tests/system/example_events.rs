//! The example events in `tests/events` for `sam local invoke` and `sam remote invoke`. There are
//! some for every function, one for every route and one for every filter of the stream. Sent in their order, all of them succeed.
//!
//! A file is called `NN-Function-what.json`: its number in the order, and the function's name in
//! `template.yaml`. What the shop sets has random ids, so an event with one is about something that is gone.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeSet;

use serde_json::Value;
use tests::Shop;

/// Function, file name and event, in their order.
fn events() -> Vec<(String, String, Value)> {
    let mut files: Vec<_> = std::fs::read_dir(Shop::root().join("tests/events")).unwrap().map(Result::unwrap).collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let read = |file: std::fs::DirEntry| {
        let name = file.file_name().into_string().unwrap();
        let function = name.split('-').nth(1).unwrap().to_owned();
        let event = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
        (function, name, event)
    };
    files.into_iter().map(read).collect()
}

/// The functions that answer nobody.
const BACKGROUND: [&str; 2] = ["Deadlines", "Notify"];

#[tokio::test]
async fn each_event_is_answered_by_its_function() {
    let shop = Shop::open_with(Shop::settings()).await;
    for (function, file, event) in events() {
        let answer = shop.gateway().invoke(&function, event).await.unwrap_or_else(|error| panic!("{file}: {error}"));
        if function == "Authorizer" {
            // The authorizer's event is refused, because a token or a ticket in a file has expired.
            let refused = answer["isAuthorized"] == false
                || answer["policyDocument"]["Statement"][0]["Effect"] == "Deny" && answer["principalId"] == "nobody";
            assert!(refused, "{file}: {answer}");
            continue;
        }
        if BACKGROUND.contains(&function.as_str()) {
            assert_eq!(answer, Value::Null, "{file}");
            continue;
        }
        let status = answer["statusCode"].as_u64();
        if file.contains("that-is-gone") {
            assert_eq!(status, Some(404), "{file}: {answer}");
            continue;
        }
        assert!(matches!(status, Some(200 | 201)), "{file}: {answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or("{}")).unwrap();
        assert_ne!(body["event"], "error", "{file}: {answer}");
    }
}

#[test]
fn every_function_and_route_has_an_event() {
    let text = std::fs::read_to_string(Shop::root().join("template.yaml")).unwrap();
    let template: serde_norway::Value = serde_norway::from_str(&text).unwrap();
    let text_of = |value: &serde_norway::Value| value.as_str().unwrap().to_owned();
    let (mut functions, mut routes) = (BTreeSet::new(), BTreeSet::new());
    for (name, resource) in template["Resources"].as_mapping().unwrap() {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap() {
            "AWS::Serverless::Function" => {
                functions.insert(text_of(name));
                for event in properties["Events"].as_mapping().into_iter().flat_map(|events| events.values()) {
                    if event["Type"] != "HttpApi" {
                        continue;
                    }
                    let route = &event["Properties"];
                    routes.insert(format!("{} {}", text_of(&route["Method"]), text_of(&route["Path"])));
                }
            }
            "AWS::ApiGatewayV2::Route" => drop(routes.insert(text_of(&properties["RouteKey"]))),
            _ => {}
        }
    }
    let events = events();
    let called: BTreeSet<String> = events.iter().map(|(function, ..)| function.clone()).collect();
    let route = |event: &Value| Some(event["requestContext"]["routeKey"].as_str()?.to_owned());
    let taken: BTreeSet<String> = events.iter().filter_map(|(_, _, event)| route(event)).collect();
    assert_eq!(called, functions);
    // One for each reason for which a record is delivered.
    let mappings = template["Resources"].as_mapping().unwrap().values();
    let filters = mappings.filter_map(|it| it["Properties"]["FilterCriteria"]["Filters"].as_sequence()).flatten();
    assert_eq!(events.iter().filter(|(function, ..)| function == "Notify").count(), filters.count());
    assert_eq!(taken, routes);
}
