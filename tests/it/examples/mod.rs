//! The examples of the `OpenAPI` document are true: played as one story, in the order below, every request is accepted
//! and every answer is what the document shows. Ids of the examples stand for those that the service gives.

mod compare;
mod player;
mod stage;

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::alerts::receiver::Receiver;
use crate::changes_doubt::in_database;
use crate::oauth::agree;
use crate::support::document::{operations, pointed};
use crate::support::{TestApp, text, until};
use player::Player;

const FIRST_RUN: &str = "01a207dd-b4e0-7f80-8b12-e46a7c3d5920";
const CANCELED_RUN: &str = "01a207eb-7080-7036-b9c4-07d5f1e8a32b";
const DECLINED_RUN: &str = "01a207f3-8c40-7a11-9c22-3d44e5f60718";
const APPROVED_RUN: &str = "01a207f5-1d80-7b6f-a3d4-90e1f2a3b4c5";
const GUARDED_EXPORT: &str = "01a207f2-5a00-7c3e-8f10-6b2d4e5a7c01";
const PLAN_HASH: &str = "5f1c0e6a9d3b47e2a8c4f6d1b0937e5a2c8d4f6b1a3e5d7c9f0b2a4c6e8d0f13";

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_accepted_and_answered_as_the_document_says() {
    let mut story = Player::new(stage::start().await);
    connect(&mut story).await;
    sign_in(&mut story).await;
    fill_segments(&mut story).await;
    make_exports(&mut story).await;
    plan(&mut story).await;
    run(&mut story).await;
    cancel(&mut story).await;
    refresh(&mut story).await;
    approve(&mut story).await;
    erase(&mut story).await;
    channels(&mut story).await;
    remove(&mut story).await;
    look_after(&mut story).await;
    let differences = story.differences();
    assert!(
        differences.is_empty(),
        "correct src/server/openapi/examples:\n{}",
        differences.join("\n")
    );
    let mut told = story.told;
    if stage::data_source().is_none() {
        told.insert(("put_segment".into(), "table".into()));
    }
    assert_eq!(told, examples(), "every example has its place in the story");
}

async fn connect(story: &mut Player) {
    story.tell("get_consent_text", "").await;
    story.tell("create_connection", "apiKey").await;
    story.tell("add_export_user", "").await;
    story.tell("verify_connection", "").await;
    story.tell("browse_lists", "").await;
    story.tell("get_list", "").await;
    story.tell("create_list", "").await;
    story.tell("create_field", "").await;
    story.tell("update_connection", "").await;
}

async fn sign_in(story: &mut Player) {
    story.tell("create_connection", "withoutCredentials").await;
    story.tell("set_credentials", "").await;
    let begun = story.tell("authorize_connection", "").await;
    let returned = agree(text(&begun, "authorizeUrl").parse().unwrap()).await;
    let finish = story.example_parameters("finish_sign_in");
    for (name, value) in returned.query_pairs() {
        story.learn(&finish[&*name], &value);
    }
    story.tell("finish_sign_in", "").await;
    story.tell("get_connection", "").await;
    story.tell("list_connections", "").await;
}

async fn fill_segments(story: &mut Player) {
    story.tell("put_segment", "upload").await;
    story.tell("put_members", "ndjson").await;
    story.tell("put_members", "csv").await;
    story.tell("put_segment", "renamed").await;
    story.tell("put_segment", "files").await;
    story.tell("inspect_segment", "").await;
    story.tell("put_segment", "customerInsights").await;
    story.tell("update_segment", "").await;
    story.tell("get_segment", "").await;
    story.tell("list_segments", "").await;
    story.tell("get_members", "").await;
}

async fn make_exports(story: &mut Player) {
    story.tell("put_schedule", "weekly").await;
    story.tell("put_schedule", "daily").await;
    story.tell("get_schedule", "").await;
    story.tell("create_export", "complete").await;
    story.tell("create_export", "simplest").await;
    story.tell("update_export", "mapping").await;
    story.tell("update_export", "renamed").await;
    story.tell("duplicate_export", "").await;
    story.tell("get_export", "").await;
    story.tell("list_exports", "").await;
    story.tell("list_segment_exports", "").await;
    story.tell("preview_export", "").await;
    story.tell("preview_draft", "").await;
}

async fn plan(story: &mut Player) {
    story.tell("set_export_schedule", "custom").await;
    story.tell("set_export_schedule", "manual").await;
    story.tell("set_export_schedule", "systemRefresh").await;
    story.tell("change_schedules", "keepIndividual").await;
    story.tell("change_schedules", "defineNew").await;
}

async fn run(story: &mut Player) {
    story.tell("start_run", "").await;
    story.app.ended(&story.real(FIRST_RUN)).await;
    story.tell("follow_run", "").await;
    story.tell("issue_event_ticket", "").await;
    story.tell("get_run", "").await;
    story.tell("list_runs", "").await;
    expect(story).await;
    story.tell("list_batches", "").await;
    story.tell("get_timeline", "").await;
    for media in ["application/json", "text/csv", "application/x-ndjson"] {
        story.tell("list_rejections", media).await;
        story.tell("list_value_problems", media).await;
        story.tell("list_requests", media).await;
        story.tell("list_known_members", media).await;
    }
    people(story).await;
    verify(story).await;
    story.tell("test_export", "").await;
}

async fn people(story: &mut Player) {
    story.tell("search_people", "").await;
    for media in ["application/json", "text/csv", "application/x-ndjson"] {
        story.tell("list_feedback", media).await;
    }
    story.tell("put_readmission", "").await;
    story.tell("list_readmissions", "").await;
    story.tell("delete_readmission", "").await;
    story.tell("get_retention", "").await;
}

/// The first run answers a planned time for a while.
async fn expect(story: &mut Player) {
    let planned = "INSERT INTO planned_times (id, instance_id, export_id, planned_utc, run_id)
        SELECT id, instance_id, export_id, submitted_utc, id FROM runs ORDER BY id LIMIT 1";
    in_database(&story.app, planned).await;
    story.tell("list_expectations", "").await;
    in_database(&story.app, "DELETE FROM planned_times").await;
}

async fn verify(story: &mut Player) {
    story.tell("start_verification", "").await;
    let path = format!("/runs/{}/verifications", story.real(FIRST_RUN));
    until(async || story.app.get(&path).await["items"][0]["endUtc"].is_string()).await;
    story.tell("list_verifications", "").await;
    for media in ["application/json", "text/csv", "application/x-ndjson"] {
        story.tell("list_differences", media).await;
    }
    for media in ["application/json", "text/html", "application/jose"] {
        story.tell("get_receipt", media).await;
    }
    story.tell("list_public_keys", "").await;
}

async fn cancel(story: &mut Player) {
    // It is canceled while it reads the list, so it sends nobody.
    let slow = json!([{"match": {"method": "GET"}, "kind": {"latency": {"ms": 3000}}}]);
    story.app.faults(&slow).await;
    story.tell("detach_export", "").await;
    story.tell("run_all_exports", "").await;
    let run = story.real(CANCELED_RUN);
    story.app.run_when(&run, |run| run["status"] == "running").await;
    story.tell("cancel_run", "").await;
    story.app.ended(&run).await;
    story.app.faults(&json!([])).await;
}

async fn refresh(story: &mut Player) {
    story.tell("attach_export", "").await;
    let started = story.tell("report_refresh", "").await;
    for run in started["started"].as_array().unwrap() {
        story.app.ended(&text(run, "runId")).await;
    }
}

/// A guarded export whose first run is declined, and whose second one is approved.
async fn approve(story: &mut Player) {
    let connection = story.app.connection().await;
    let brake = json!({"additions": {"count": 4, "percent": 100}, "approver": "anyEditor"});
    let new = json!({"displayName": "High value, guarded", "connectionId": connection, "listId": LIST_ID,
        "segments": ["HighValue"], "mapping": {"email": "Email"}, "sync": {"brake": brake}});
    let export = text(&story.app.post("/exports", &new).await, "exportId");
    story.learn(GUARDED_EXPORT, &export);
    held_run(story, &export, DECLINED_RUN).await;
    alert(story).await;
    story.tell("decline_run", "").await;
    let run = held_run(story, &export, APPROVED_RUN).await;
    let plan = story.app.get(&format!("/runs/{run}/plan")).await;
    story.learn(PLAN_HASH, &text(&plan, "hash"));
    story.tell("get_plan", "").await;
    story.tell("pause_instance", "").await;
    story.tell("get_instance", "").await;
    story.tell("resume_instance", "").await;
    story.tell("approve_run", "").await;
    story.app.ended(&run).await;
}

/// The alert about the run that waits.
async fn alert(story: &mut Player) {
    let path = "/alerts?status=open&kind=awaitingApproval";
    until(async || story.app.get(path).await["items"][0].is_object()).await;
    story.tell("list_alerts", "").await;
    story.tell("get_alert", "").await;
    story.tell("acknowledge_alert", "").await;
}

async fn erase(story: &mut Player) {
    let made = story.tell("start_erasure", "").await;
    let path = format!("/erasures/{}", text(&made, "erasureId"));
    until(async || story.app.get(&path).await["status"] == "completed").await;
    story.tell("get_erasure", "").await;
    story.tell("list_erasures", "").await;
    for media in ["application/json", "application/jose"] {
        story.tell("get_erasure_receipt", media).await;
    }
    story.tell("lift_tombstones", "").await;
}

/// Waits until no alert about the runs of before opens or ends any more: a new channel would be told.
async fn alerts_settle(app: &TestApp) {
    let alerts = async || app.get("/alerts?limit=200").await;
    loop {
        let before = alerts().await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        if alerts().await == before {
            return;
        }
    }
}

async fn channels(story: &mut Player) {
    alerts_settle(&story.app).await;
    let receiver = Receiver::start();
    story.learn("https://hooks.example.com", receiver.origin());
    story.tell("create_channel", "").await;
    story.tell("get_channel", "").await;
    story.tell("list_channels", "").await;
    story.tell("test_channel", "").await;
    story.tell("list_deliveries", "").await;
    story.tell("resend_delivery", "").await;
    story.tell("update_channel", "").await;
    story.tell("replace_secret", "").await;
    story.tell("get_alert_rules", "").await;
    story.tell("put_alert_rules", "").await;
    story.tell("put_export_alert_rules", "").await;
    story.tell("get_export_alert_rules", "").await;
    story.app.put("/alert-rules", &json!({"rules": []})).await;
    story.tell("delete_channel", "").await;
}

async fn held_run(story: &mut Player, export: &str, example: &str) -> String {
    let run = story.start(export).await;
    story.learn(example, &run);
    story.app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    run
}

async fn remove(story: &mut Player) {
    story.tell("list_connection_exports", "").await;
    story.tell("create_export", "values").await;
    story.tell("delete_export", "").await;
    story.tell("detach_connection", "").await;
    story.tell("remove_export_user", "").await;
    story.tell("delete_connection", "").await;
    story.tell("delete_segment", "").await;
}

async fn look_after(story: &mut Player) {
    for media in ["application/json", "text/csv", "application/x-ndjson"] {
        story.tell("list_audit_events", media).await;
    }
    for operation in ["get_overview", "list_observed_instances", "list_observed_runs"] {
        story.tell(operation, "").await;
    }
    for operation in ["livez", "readyz", "metrics"] {
        story.tell(operation, "").await;
    }
    if stage::data_source().is_some() {
        story.tell("put_segment", "table").await;
    }
}

/// Every example of a request, by its name, and every content type of an answer, where there are several; of an
/// operation with one example, that one, without a name.
fn examples() -> BTreeSet<(String, String)> {
    let mut examples = BTreeSet::new();
    for operation in operations() {
        let names = names(&operation.says);
        examples.extend(names.into_iter().map(|name| (operation.id.clone(), name)));
    }
    examples
}

fn names(says: &Value) -> Vec<String> {
    let contents = says["requestBody"]["content"].as_object().into_iter().flatten();
    let named =
        contents.flat_map(|(_, content)| content["examples"].as_object().into_iter().flatten());
    let named: Vec<_> = named.map(|(name, _)| name.clone()).collect();
    let answers = says["responses"]["200"]["content"].as_object();
    let medias: Vec<_> = answers.into_iter().flatten().map(|(media, _)| media.clone()).collect();
    match (named.len(), medias.len()) {
        (0, 0 | 1) => vec![String::new()],
        (0, _) => medias,
        _ => named,
    }
}

#[test]
fn every_example_that_was_written_is_in_the_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/openapi/examples");
    let document = segment_export::server::document();
    let operations = operations();
    for file in walkdir::WalkDir::new(folder).into_iter().map(|file| file.unwrap().into_path()) {
        if file.is_dir()
            || ["parameters.json", "webhooks.json"].iter().any(|other| file.ends_with(other))
        {
            continue;
        }
        let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for (id, examples) in written.as_object().unwrap() {
            let operation = operations.iter().find(|operation| operation.id == *id);
            let says = &operation.unwrap_or_else(|| panic!("there is no operation {id}")).says;
            for parameter in examples["parameters"].as_object().into_iter().flatten() {
                let mut parameters = says["parameters"].as_array().unwrap().iter();
                assert!(
                    parameters.any(|known| known["name"] == **parameter.0),
                    "{id}: {parameter:?}"
                );
            }
            assert_shown(id, &says["requestBody"], &examples["request"]);
            for (status, contents) in examples["answers"].as_object().into_iter().flatten() {
                assert_shown(id, pointed(&document, &says["responses"][status]), contents);
            }
        }
    }
}

fn assert_shown(id: &str, body: &Value, contents: &Value) {
    for (media, examples) in contents.as_object().into_iter().flatten() {
        let shown = &body["content"][media];
        for (word, example) in examples.as_object().unwrap() {
            assert_eq!(&shown[word], example, "{id}: {media}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_cannot_reach_its_storage_answers_as_the_document_shows() {
    let options = "default.aws_endpoint=http://127.0.0.1:1 default.aws_allow_http=true \
        default.aws_access_key_id=x default.aws_secret_access_key=y default.aws_region=us-east-1";
    let storage = ["--storage-url", "s3://bucket", "--storage-retries", "0"];
    let app = TestApp::start_with(&[&storage[..], &["--storage-options", options]].concat()).await;
    let answer = app.anonymous(Method::GET, "readyz").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let document = segment_export::server::document();
    let shown = &document["paths"]["/readyz"]["get"]["responses"]["503"]["content"];
    assert_eq!(answer.json::<Value>().await.unwrap(), shown["application/json"]["example"]);
}

/// The pages on which a sign-in ends, whatever its outcome: the story meets only one of them.
#[test]
fn the_pages_of_a_sign_in_have_the_words_of_the_program() {
    let program = include_str!("../../../src/api/connections/callback.rs");
    let program = program.split("\\\n").map(str::trim_start).collect::<String>();
    let document = segment_export::server::document();
    let answers = &document["paths"]["/oauth/campaign-monitor/callback"]["get"]["responses"];
    let mut pages = 0;
    for (_, answer) in answers.as_object().unwrap() {
        let content = &answer["content"]["text/html"];
        let named = content["examples"].as_object().into_iter().flatten();
        let named = named.map(|(_, example)| &example["value"]);
        for page in content.get("example").into_iter().chain(named) {
            for (begin, end) in [("<title>", "</title>"), ("<h1>", "</h1>"), ("<p>", "</p>")] {
                let (_, words) = page.as_str().unwrap().split_once(begin).unwrap();
                let (words, _) = words.split_once(end).unwrap();
                assert!(program.contains(words), "{words}");
            }
            pages += 1;
        }
    }
    assert_eq!(pages, 8);
}
