//! What watches the system, against the system: alarms that the guide explains, and metrics that there are.
#![expect(clippy::unwrap_used, reason = "what cannot go on has failed")]

use serde_json::Value;
use serde_norway::Value as Yaml;
use tests::Shop;

fn read(path: &str) -> String {
    std::fs::read_to_string(Shop::root().join(path)).unwrap()
}

fn observability() -> Vec<(String, Yaml)> {
    let template: Yaml = serde_norway::from_str(&read("infra/observability.yaml")).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().clone();
    resources.into_iter().map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource)).collect()
}

#[test]
fn the_guide_explains_every_alarm() {
    let guide = read("docs/operating.md");
    let rows: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")).collect();
    let alarms = observability().into_iter().filter(|(_, it)| it["Type"] == "AWS::CloudWatch::Alarm");
    let names: Vec<_> = alarms.map(|(name, _)| name).collect();
    assert!(names.len() > 5);
    for name in names {
        assert!(rows.iter().any(|(first, _)| first.split(", ").any(|it| it == name)), "{name}");
    }
}

#[test]
fn metrics_of_our_own_that_are_watched_are_counted() {
    let counted = read("shared/runtime/src/metrics.rs");
    let (alarms, dashboard) = (read("infra/observability.yaml"), dashboard());
    let in_alarms = alarms.split("Namespace: order-chat").skip(1);
    let mut names: Vec<String> =
        in_alarms.map(|rest| rest.split_once("MetricName: ").unwrap().1.lines().next().unwrap().to_owned()).collect();
    for widget in dashboard["widgets"].as_array().unwrap() {
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            if metric[0] == "order-chat" {
                names.push(metric[1].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(names.len() > 8, "{names:?}");
    for name in names {
        assert!(counted.contains(&format!("\"{name}\"")), "nobody counts {name}");
    }
}

/// The dashboard, which AWS takes only as valid JSON. Names stand for themselves in it.
fn dashboard() -> Value {
    let (_, dashboard) = observability().into_iter().find(|(name, _)| name == "Dashboard").unwrap();
    let Yaml::Tagged(body) = &dashboard["Properties"]["DashboardBody"] else { panic!("the body is a !Sub") };
    serde_json::from_str(body.value.as_str().unwrap()).unwrap()
}
