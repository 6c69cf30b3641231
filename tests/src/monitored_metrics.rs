//! The metrics of the alarms and of the dashboard in `infra/observability.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use serde_norway::Value as Yaml;

use crate::Shop;

/// A metric as CloudWatch finds it: any difference in these is another one, without values.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MonitoredMetric {
    /// Whose it is, as in `AWS/Lambda`.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions. A value that stands for another resource is that one's name in `template.yaml`.
    pub dimensions: BTreeMap<String, String>,
}

/// The metrics of each alarm, by its name.
pub fn alarms() -> BTreeMap<String, Vec<MonitoredMetric>> {
    let of_kind = resources().into_iter().filter(|(_, it)| it["Type"] == "AWS::CloudWatch::Alarm");
    of_kind.map(|(name, alarm)| (name, metrics_of(&alarm["Properties"]))).collect()
}

/// The metrics of the dashboard.
pub fn dashboard() -> BTreeSet<MonitoredMetric> {
    let body = &resources()["Dashboard"]["Properties"]["DashboardBody"];
    let Yaml::Tagged(body) = body else { panic!("the body is a !Sub") };
    // AWS takes only valid JSON.
    let body: Value = serde_json::from_str(body.value.as_str().unwrap()).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let metrics = widgets.flat_map(|widget| widget["properties"]["metrics"].as_array().unwrap());
    metrics.filter_map(in_widget).collect()
}

/// `[namespace, name, dimension, value, …, options]`; `None` for an expression.
fn in_widget(metric: &Value) -> Option<MonitoredMetric> {
    let text = |part: &Value| part.as_str().map(|text| text.trim_matches(['$', '{', '}']).to_owned());
    let parts: Vec<String> = metric.as_array().unwrap().iter().filter_map(text).collect();
    let (names, dimensions) = parts.split_at_checked(2)?;
    let dimensions = dimensions.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    Some(MonitoredMetric { namespace: names[0].clone(), name: names[1].clone(), dimensions })
}

fn resources() -> BTreeMap<String, Yaml> {
    let text = std::fs::read_to_string(Shop::root().join("infra/observability.yaml")).unwrap();
    let template: Yaml = serde_norway::from_str(&text).unwrap();
    serde_norway::from_value(template["Resources"].clone()).unwrap()
}

/// One metric, or those that an expression is made of.
fn metrics_of(alarm: &Yaml) -> Vec<MonitoredMetric> {
    let Some(parts) = alarm["Metrics"].as_sequence() else { return vec![metric(alarm)] };
    parts
        .iter()
        .filter(|part| part["MetricStat"].is_mapping())
        .map(|part| metric(&part["MetricStat"]["Metric"]))
        .collect()
}

fn metric(of: &Yaml) -> MonitoredMetric {
    let text = |value: &Yaml| match value {
        Yaml::Tagged(reference) if reference.tag == "Ref" => reference.value.as_str().unwrap().to_owned(),
        value => value.as_str().unwrap().to_owned(),
    };
    let dimensions = of["Dimensions"].as_sequence().unwrap().iter();
    MonitoredMetric {
        namespace: text(&of["Namespace"]),
        name: text(&of["MetricName"]),
        dimensions: dimensions.map(|it| (text(&it["Name"]), text(&it["Value"]))).collect(),
    }
}
