//! Alerts and dashboard.

use std::collections::{BTreeMap, BTreeSet};

use super::tools::{CHART, HERE, from_yaml, render, tools};
use crate::programs::succeed;

#[tokio::test]
async fn alerts_fire_when_they_should_and_only_then() {
    succeed(tools().await.promtool, &["test", "rules", "alerts.test.yaml"], HERE).await;
}

/// Where every metric of the program is declared. (`/metrics` shows some only when there is something to show.)
const DECLARED: &str = include_str!("../../src/telemetry/measures.rs");

/// The names of our metrics in a text.
fn metrics(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("segment_export_")).collect()
}

#[tokio::test]
async fn alerts_and_dashboard_name_only_metrics_of_the_program() {
    let manifests = render("production", &[]).await;
    let scaler = manifests.one("ScaledObject", "-worker").to_string();
    let rule = manifests.one("PrometheusRule", "").to_string();
    let dashboard =
        manifests.one("ConfigMap", "-dashboard")["data"]["segment-export.json"].to_string();
    for text in [&scaler, &rule, &dashboard] {
        let used = metrics(text);
        assert!(!used.is_empty());
        for name in used {
            let ends = ["_bucket", "_count"];
            let family = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(DECLARED.contains(&format!("\"{family}\"")), "the program has no {name}");
        }
    }
}

/// The sections of a page below a heading, each with its own heading; they end where the next of a higher level begins.
fn sections<'a>(page: &'a str, below: &str) -> BTreeMap<&'a str, &'a str> {
    let (_, after) = page.split_once(below).unwrap();
    let part = after.split("\n## ").next().unwrap();
    part.split("\n### ").skip(1).map(|section| section.split_once('\n').unwrap()).collect()
}

#[tokio::test]
async fn runbooks_say_what_to_look_at_and_what_to_do_at_each_alert() {
    let runbooks =
        std::fs::read_to_string(format!("{}/docs/RUNBOOKS.md", super::tools::ROOT)).unwrap();
    let sections = sections(&runbooks, "\n## Alerts\n");
    let alerts = from_yaml(format!("{CHART}/files/alerts.yaml").as_ref()).await;
    let rules = alerts[0]["groups"][0]["rules"].as_array().unwrap().iter();
    let names: BTreeSet<_> = rules.map(|rule| rule["alert"].as_str().unwrap()).collect();
    assert_eq!(sections.keys().copied().collect::<BTreeSet<_>>(), names);
    for (name, text) in sections {
        for part in ["\n* Look at: ", "\n* Do: "] {
            assert!(text.contains(part), "{name}: no {part:?}");
        }
    }
}
