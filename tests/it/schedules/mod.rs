//! When exports run by themselves.

mod clock_changes;
mod planned_times;
mod refreshes;
mod settings;
mod zones;

use chrono::{DateTime, Utc};
use reqwest::{Method, Response};
use segment_export::names::ExportId;
use serde_json::{Value, json};

use crate::support::{TestApp, check_law};

type Time = DateTime<Utc>;

/// A service that takes calls; times are fired by the test, at moments of its choice.
async fn idle() -> TestApp {
    TestApp::start_with(&["--roles", "api"]).await
}

fn every_morning() -> Value {
    json!({"kind": "custom", "timezone": "Europe/Riga", "cron": ["0 6 * * *"]})
}

fn id(export: &str) -> ExportId {
    ExportId(export.parse().unwrap())
}

fn time(value: &Value) -> Time {
    value.as_str().unwrap().parse().unwrap()
}

async fn set_schedule(app: &TestApp, export: &str, schedule: &Value) -> Value {
    app.put(&format!("/exports/{export}/schedule"), schedule).await["schedule"].clone()
}

/// An export with a schedule of its own, and its next planned time.
async fn planned(app: &TestApp) -> (String, Time) {
    let export = app.export_of(3).await;
    let schedule = set_schedule(app, &export, &every_morning()).await;
    (export, time(&schedule["nextRunsUtc"][0]))
}

/// The runs of an export, newest first.
async fn runs_of(app: &TestApp, export: &str) -> Vec<Value> {
    let runs = app.get(&format!("/runs?exportId={export}")).await["items"].clone();
    let runs = runs.as_array().unwrap().clone();
    runs.iter().for_each(check_law);
    runs
}

async fn send(app: &TestApp, role: &str, method: Method, path: &str, body: &Value) -> Response {
    app.request(role, method, path).json(body).send().await.unwrap()
}
