//! Sends the examples of an operation, and holds the answer beside the one of the document.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, RequestBuilder, Response};
use segment_export::db;
use serde_json::Value;

use super::compare::{Comparison, parse};
use crate::support::document::{Operation, operations};
use crate::support::{TestApp, good, text};

const INSTANCE: &str = "0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01";
const LAKE: &str = "abfss://customer-insights@contoso.dfs.core.windows.net";
/// The trace that the callers of the examples are in.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const SINCE: &str = "2026-11-23T00:00:00Z";

pub struct Player {
    pub app: TestApp,
    /// The examples that were sent: operation and name.
    pub told: BTreeSet<(String, String)>,
    operations: BTreeMap<String, Operation>,
    comparison: Comparison,
}

impl Player {
    pub fn new(app: TestApp) -> Self {
        let operations =
            operations().into_iter().map(|operation| (operation.id.clone(), operation));
        let hour_ago = (db::now() - chrono::TimeDelta::hours(1))
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let mut comparison = Comparison::default();
        let known = &mut comparison.known;
        known.learn(INSTANCE, &app.instance.to_string());
        known.learn(LAKE, app.storage_url("").trim_end_matches('/'));
        known.learn(SINCE, &hour_ago);
        Self { operations: operations.collect(), comparison, app, told: BTreeSet::new() }
    }

    /// What an id of the examples is here.
    pub fn real(&self, example: &str) -> String {
        self.comparison.known.to_real(example)
    }

    /// What stands for what here.
    pub fn learn(&mut self, example: &str, real: &str) {
        self.comparison.known.learn(example, real);
    }

    /// Where examples and answers differ.
    pub fn differences(&self) -> &[String] {
        &self.comparison.differences
    }

    /// The examples of an operation's parameters.
    pub fn example_parameters(&self, operation: &str) -> BTreeMap<String, String> {
        parameters(&self.operations[operation], "").map(|(_, name, value)| (name, value)).collect()
    }

    /// Sends the example of that name, or the only one; the answer must be the one that the document shows for it.
    /// Where the name is a content type, that is asked for. Returns the answer.
    pub async fn tell(&mut self, operation: &str, name: &str) -> Value {
        self.told.insert((operation.to_owned(), name.to_owned()));
        let answer = self.request(&self.operations[operation], name).send().await.unwrap();
        let status = answer.status();
        let media = media(&answer);
        let text = answer.text().await.unwrap();
        let place = format!("{operation} {name}: {status}");
        assert!(status.is_success(), "{place}: {text}");
        let documented = self.operations[operation].says["responses"][status.as_str()].clone();
        assert!(documented.is_object(), "{place} is not documented");
        let Some(media) = media else {
            assert!(documented["content"].is_null() && text.is_empty(), "{place}: {text}");
            return Value::Null;
        };
        let shown = example(&documented["content"][&media], name);
        let shown = shown.unwrap_or_else(|| panic!("{place} has no example of {media}"));
        self.compare(&place, &media, shown, &text);
        parse(&media, &text)
    }

    fn compare(&mut self, place: &str, media: &str, shown: &Value, text: &str) {
        let shown = shown.as_str().map_or_else(|| shown.clone(), |text| parse(media, text));
        let actual = parse(media, &self.comparison.known.to_example(text));
        self.comparison.compare(place, &shown, &actual);
    }

    /// Starts a run as the person of the story, without an example. Returns its id.
    pub async fn start(&self, export: &str) -> String {
        let path = format!("v1/instances/{}/exports/{export}/runs", self.app.instance);
        let request = self.app.anonymous(Method::POST, &path).header("traceparent", TRACE);
        let request = request.bearer_auth(self.app.token_named("ann@example.com", "Ann Example"));
        text(&good(request.send().await.unwrap()).await, "runId")
    }

    fn request(&self, operation: &Operation, name: &str) -> RequestBuilder {
        let (mut path, mut query) = (operation.path.clone(), vec![]);
        for (place, parameter, value) in parameters(operation, name) {
            let value = self.comparison.known.to_real(&value);
            match place.as_str() {
                "path" => path = path.replace(&format!("{{{parameter}}}"), &value),
                "query" => query.push((parameter, value)),
                other => panic!("{}: an example in {other}", operation.id),
            }
        }
        let request = self
            .app
            .anonymous(operation.method.clone(), path.trim_start_matches('/'))
            .query(&query);
        let request = request.header("traceparent", TRACE).header("User-Agent", "Mozilla/5.0");
        let request = match operation.role.as_str() {
            "" => request,
            "Operator" => request.bearer_auth(TestApp::token_for("Operator", "*")),
            _ => request.bearer_auth(self.app.token_named("ann@example.com", "Ann Example")),
        };
        let request = if name.contains('/') { request.header("Accept", name) } else { request };
        self.with_body(request, operation, name)
    }

    fn with_body(
        &self,
        request: RequestBuilder,
        operation: &Operation,
        name: &str,
    ) -> RequestBuilder {
        let contents = operation.says["requestBody"]["content"].as_object().into_iter().flatten();
        let mut bodies =
            contents.filter_map(|(media, content)| Some((media, example(content, name)?)));
        let Some((media, body)) = bodies.next() else {
            assert!(
                operation.says["requestBody"].is_null(),
                "{} has no example {name:?}",
                operation.id
            );
            return request;
        };
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        request.header("Content-Type", media).body(self.comparison.known.to_real(&body))
    }
}

/// The example of that name, or the only one.
fn example<'a>(content: &'a Value, name: &str) -> Option<&'a Value> {
    content.get("example").or_else(|| content.pointer(&format!("/examples/{name}/value")))
}

/// Place, name and example of the parameters that have one.
fn parameters(operation: &Operation, name: &str) -> impl Iterator<Item = (String, String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parameters = operation.says["parameters"].as_array().into_iter().flatten();
    parameters.filter_map(move |parameter| {
        let value = example(parameter, name)?;
        Some((text(&parameter["in"]), text(&parameter["name"]), text(value)))
    })
}

/// The content type, without its parameters.
fn media(answer: &Response) -> Option<String> {
    let header = answer.headers().get("content-type")?.to_str().unwrap();
    Some(header.split(';').next().unwrap().to_owned())
}
