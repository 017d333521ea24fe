//! The steps of the main job: connect, upload a segment, configure an export, run it, follow its progress.

use std::time::Duration;

use arrow_array::cast::AsArray;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::client::{ApiClient, text};
use super::report::check_counts;
use crate::sample::Sample;
use crate::sandbox::{API_KEY, LIST_ID, Sandbox};
use crate::storage::Media;

const POLL_EVERY: Duration = Duration::from_millis(100);
/// One in so many profiles is on the list before the run.
const KNOWN_EVERY: usize = 50;
/// The states of those, in turn.
const STATES: [&str; 6] = ["Active", "Active", "Active", "Unsubscribed", "Bounced", "Deleted"];

/// Returns the run at its end.
pub(super) async fn run(
    client: &ApiClient,
    sandbox: &Sandbox,
    sample: Sample,
    latency_ms: u64,
) -> anyhow::Result<Value> {
    let connection = prepare(client, sandbox, sample, latency_ms).await?;
    step("… and configures an export: e-mail, name, mobile number, five custom fields, consent");
    let export = configure(client, &connection).await?;
    step("… and runs it");
    let run = client.call(Method::POST, &format!("/exports/{export}/runs"), None).await?;
    follow(client, run).await
}

/// What comes before an export. Returns the id of the connection.
pub(super) async fn prepare(
    client: &ApiClient,
    sandbox: &Sandbox,
    sample: Sample,
    latency_ms: u64,
) -> anyhow::Result<String> {
    step("Some people are on the list already, and some of them have left it");
    stage(sandbox, known_people(sample), latency_ms).await?;
    step("An administrator connects Campaign Monitor, with consent and as export user");
    let connection = connect(client).await?;
    step(&format!("A contributor uploads the segment HighValue: {} profiles", sample.rows));
    upload_segment(client, sample).await?;
    Ok(connection)
}

fn step(text: &str) {
    println!("  • {text}");
}

fn known_people(sample: Sample) -> Vec<Value> {
    let mut people = Vec::new();
    let mut states = STATES.iter().cycle();
    for batch in sample.batches() {
        let Some(emails) = batch.column_by_name("Email") else {
            continue;
        };
        let emails = emails.as_string::<i32>().iter().step_by(KNOWN_EVERY).flatten();
        let known = emails.filter(|email| crate::campaign_monitor::address::check(email).is_ok());
        people.extend(
            known.zip(&mut states).map(|(email, state)| json!({"email": email, "state": state})),
        );
    }
    people
}

/// Puts people on the list, and makes the offline Campaign Monitor as slow as the real one.
async fn stage(sandbox: &Sandbox, people: Vec<Value>, latency_ms: u64) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().build()?;
    let url = |path: &str| sandbox.url().join(path);
    let staged = http.post(url(&format!("sandbox/lists/{LIST_ID}/subscribers"))?).json(&people);
    staged.send().await?.error_for_status()?;
    let slow = json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": latency_ms}}}]);
    http.put(url("sandbox/faults")?).json(&slow).send().await?.error_for_status()?;
    Ok(())
}

async fn connect(client: &ApiClient) -> anyhow::Result<String> {
    let new = json!({"displayName": "Campaign Monitor - newsletter", "type": "campaignMonitor",
        "consent": {"agreed": true}, "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
    let connection = client.call(Method::POST, "/connections", Some(&new)).await?;
    let id = text(&connection, "connectionId");
    client.call(Method::PUT, &format!("/connections/{id}/export-user"), None).await?;
    let verified = client.call(Method::POST, &format!("/connections/{id}/verify"), None).await?;
    anyhow::ensure!(verified["ok"] == true, "the connection does not work: {verified}");
    Ok(id)
}

async fn upload_segment(client: &ApiClient, sample: Sample) -> anyhow::Result<()> {
    let registered = json!({"displayName": "High value customers"});
    client.call(Method::PUT, "/segments/HighValue", Some(&registered)).await?;
    let members = spawn_blocking(move || {
        let mut bytes = Vec::new();
        sample.write(Media::Parquet, &mut bytes).map(|()| bytes)
    });
    let media = "application/vnd.apache.parquet";
    client.upload("/segments/HighValue/members", media, members.await??).await?;
    Ok(())
}

async fn configure(client: &ApiClient, connection: &str) -> anyhow::Result<String> {
    let custom = |field: &str, key: &str| json!({"field": field, "key": key});
    let new = json!({"displayName": "High value to newsletter", "connectionId": connection, "listId": LIST_ID,
        "segments": ["HighValue"],
        "mapping": {"email": "Email", "name": "FullName", "mobileNumber": "Phone",
            "customFields": [custom("City", "city"), custom("Points", "points"), custom("Birthday", "birthday"),
                custom("Tier", "tier"), custom("Interests", "interests")],
            "consentToTrack": {"field": "EmailConsent"}}});
    let export = client.call(Method::POST, "/exports", Some(&new)).await?;
    Ok(text(&export, "exportId"))
}

async fn follow(client: &ApiClient, mut run: Value) -> anyhow::Result<Value> {
    let path = format!("/runs/{}", text(&run, "runId"));
    let selected = run["counts"]["selected"].as_u64().unwrap_or_default();
    let bar = ProgressBar::new(selected);
    bar.set_style(ProgressStyle::with_template(
        "    {bar:40} {human_pos:>9} of {human_len}  {per_sec:>14}  {msg}",
    )?);
    while ["queued", "running"].iter().any(|status| run["status"] == *status) {
        sleep(POLL_EVERY).await;
        run = client.get(&path).await?;
        check_counts(&run)?;
        bar.set_position(selected - run["counts"]["remaining"].as_u64().unwrap_or_default());
    }
    bar.finish_with_message(text(&run, "status"));
    Ok(run)
}
