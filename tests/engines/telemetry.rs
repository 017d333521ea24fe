//! What real processes tell of themselves about one run, from the call of a front end that has a trace of its own: the
//! traces as an OTLP receiver gets them, and the logs. And that nobody's data is in there.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::cluster::runs::PATIENCE;
use crate::cluster::services::{free_port, wait_for};
use crate::programs::python_with;
use crate::watched::{PERSONAL, Watched};

/// The trace of the front end, and its span that made the call.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// An OTLP receiver that writes every span as a line of JSON.
struct Receiver {
    port: u16,
    spans: PathBuf,
    _process: Child,
    _folder: TempDir,
}

impl Receiver {
    async fn start() -> Result<Self> {
        let python = python_with("oteltap==1.0.0").await.join("python");
        let (port, folder) = (free_port()?, TempDir::new()?);
        let spans = folder.path().join("spans");
        let mut command = Command::new(python);
        command.args(["-m", "oteltap", "--port", &port.to_string()]).kill_on_drop(true);
        command.stdout(std::fs::File::create(&spans)?).stdin(Stdio::null());
        let process = command.spawn()?;
        wait_for(port).await?;
        Ok(Self { port, spans, _process: process, _folder: folder })
    }

    /// The spans it has got.
    fn spans(&self) -> Result<Vec<Value>> {
        let lines = std::fs::read_to_string(&self.spans)?;
        Ok(lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// The spans, once all of a run are there: its own ends last.
    async fn spans_of_a_run(&self) -> Result<Vec<Value>> {
        let started = Instant::now();
        loop {
            let spans = self.spans()?;
            if spans.iter().any(|span| span["name"] == "run") {
                return Ok(spans);
            }
            ensure!(started.elapsed() < PATIENCE, "no span of a run comes");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What was told about a run from its call to its end, by processes that have stopped since.
struct Told {
    receiver: Receiver,
    run: Value,
    watched: Watched,
    metrics: String,
}

impl Told {
    async fn about_a_run() -> Result<Self> {
        let receiver = Receiver::start().await?;
        let endpoint = format!("http://127.0.0.1:{}", receiver.port);
        let mut watched = Watched::start(&[("--otlp-endpoint", &*endpoint)]).await?;
        let run = watched.run(&format!("00-{TRACE}-{CALLER}-01")).await?;
        let metrics = watched.metrics().await?.concat();
        watched.stop().await?;
        Ok(Self { receiver, run, watched, metrics })
    }
}

/// An attribute of a span, as text.
fn attribute(span: &Value, key: &str) -> Option<String> {
    let attributes = span["attributes"].as_array()?;
    let value = &attributes.iter().find(|attribute| attribute["key"] == key)?["value"];
    Some(value["stringValue"].as_str().or_else(|| value["intValue"].as_str())?.to_owned())
}

fn named<'a>(spans: &'a [Value], name: &str) -> Vec<&'a Value> {
    spans.iter().filter(|span| span["name"].as_str().unwrap().starts_with(name)).collect()
}

fn children<'a>(spans: &'a [Value], parent: &Value) -> Vec<&'a Value> {
    spans.iter().filter(|span| span["parentSpanId"] == parent["spanId"]).collect()
}

#[tokio::test]
async fn an_otlp_receiver_gets_one_tree_from_the_caller_over_the_queue_to_every_attempt()
-> Result<()> {
    let told = Told::about_a_run().await?;
    let spans = told.receiver.spans_of_a_run().await?;
    assert_eq!(told.run["traceId"], TRACE, "the run names the caller's trace");
    let ours: Vec<_> = spans.iter().filter(|span| span["traceId"] == TRACE).cloned().collect();
    let requests = named(&ours, "POST /v1/instances/{instanceId}/exports/{id}/runs");
    let [request] = requests[..] else { panic!("one request in {ours:?}") };
    assert_eq!(request["parentSpanId"], CALLER);
    assert_eq!(attribute(request, "http.response.status_code").as_deref(), Some("202"));

    let runs = named(&ours, "run");
    let [run] = runs[..] else { panic!("one run in {ours:?}") };
    assert_eq!(run["parentSpanId"], request["spanId"], "the run is part of the trace");
    assert_eq!(run["links"][0]["spanId"], request["spanId"], "and linked to its request");
    assert_eq!(attribute(run, "run.id"), told.run["runId"].as_str().map(str::to_owned));

    let batches = named(&ours, "batch");
    assert_eq!(batches.len(), 3);
    let mut statuses = Vec::new();
    for batch in batches {
        assert_eq!(batch["parentSpanId"], run["spanId"]);
        // Before each of them the database is asked whether the instance is paused.
        let is_attempt = |child: &&Value| child["name"] == "attempt";
        for attempt in children(&ours, batch).into_iter().filter(is_attempt) {
            assert_eq!(attribute(attempt, "run.id"), attribute(run, "run.id"));
            let about = ["attempt", "http.response.status_code", "error.type"];
            statuses.push(about.map(|key| attribute(attempt, key).unwrap_or_default()));
        }
    }
    statuses.sort();
    let answered =
        |attempt: &str, status: &str, error: &str| [attempt, status, error].map(str::to_owned);
    assert_eq!(
        statuses[1..],
        [answered("1", "201", ""), answered("1", "429", "throttled"), answered("2", "201", "")]
    );
    Ok(())
}

#[tokio::test]
async fn calls_of_the_database_and_of_redis_are_part_of_the_traces_they_serve() -> Result<()> {
    let told = Told::about_a_run().await?;
    let spans = told.receiver.spans_of_a_run().await?;
    let request = named(&spans, "POST /v1/instances/{instanceId}/exports/{id}/runs")[0];
    let run = named(&spans, "run")[0];
    for (parent, calls) in [
        (
            request,
            ["begin write", "sql segment_export::runs::store", "commit", "redis push"].as_slice(),
        ),
        (run, &["begin write", "sql segment_export::runs::store_work", "commit"]),
    ] {
        let below = children(&spans, parent);
        for call in calls {
            let call = below.iter().find(|span| span["name"] == *call);
            let call = call.with_context(|| format!("no {call:?} below {parent}"))?;
            let system = attribute(call, "db.system.name").unwrap();
            assert!(["postgresql", "redis"].contains(&&*system), "{system}");
        }
    }
    let alone =
        |span: &&Value| span["parentSpanId"] == "" && attribute(span, "db.system.name").is_some();
    assert_eq!(spans.iter().find(alone), None, "idle polling makes no traces");
    Ok(())
}

#[tokio::test]
async fn every_log_line_within_a_request_or_run_names_its_trace_and_its_run() -> Result<()> {
    let told = Told::about_a_run().await?;
    let [api, worker] = told.watched.logs.each_ref().map(|log| lines(log).unwrap());
    let of_span = |line: &Value, name: &str, key: &str| {
        let spans = line["spans"].as_array()?;
        Some(spans.iter().find(|span| span["name"] == name)?[key].clone())
    };
    let within = |lines: &[Value], name: &str, key: &str| -> Vec<Value> {
        lines.iter().filter_map(|line| of_span(line, name, key)).collect()
    };
    let in_requests = within(&api, "request", "trace_id");
    assert!(in_requests.contains(&json!(TRACE)), "{in_requests:?}");
    assert!(in_requests.iter().all(|id| id.as_str().is_some_and(|id| id.len() == 32)));
    let in_runs = within(&worker, "run", "trace_id");
    assert!(in_runs.len() > 2 && in_runs.iter().all(|id| id == TRACE), "{in_runs:?}");
    let runs = within(&worker, "run", "run.id");
    assert!(runs.len() == in_runs.len() && runs.iter().all(|id| *id == told.run["runId"]));
    let about_runs =
        |line: &&Value| line["message"].as_str().is_some_and(|text| text.starts_with("run "));
    assert!(worker.iter().filter(about_runs).all(|line| of_span(line, "run", "run.id").is_some()));
    Ok(())
}

#[tokio::test]
async fn nobody_s_data_is_in_logs_traces_or_metrics() -> Result<()> {
    let told = Told::about_a_run().await?;
    assert_eq!(told.run["counts"]["invalid"], 1, "one of them was refused: {}", told.run);
    told.receiver.spans_of_a_run().await?;
    let [api, worker] = told.watched.logs.each_ref().map(std::fs::read_to_string);
    let spans = std::fs::read_to_string(&told.receiver.spans)?;
    let places =
        [("api log", api?), ("worker log", worker?), ("traces", spans), ("metrics", told.metrics)];
    for (place, text) in places {
        assert!(text.len() > 100, "{place}: {text}");
        for secret in PERSONAL {
            assert!(!text.contains(secret), "{secret} stands in the {place}");
        }
    }
    Ok(())
}

/// The lines of a JSON log.
fn lines(log: &Path) -> Result<Vec<Value>> {
    let lines = std::fs::read_to_string(log)?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
