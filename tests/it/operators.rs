//! What operators see: the whole service in numbers, and an archive for who helps them; never anything of a person.

use std::io::Read;

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::sandbox::API_KEY;
use segment_export::{db, sql};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::alerts::receiver::Receiver;
use crate::alerts::{ALLOWED, broken_run, channel};
use crate::support::{TestApp, good, people, refused, text, until};

async fn observed(app: &TestApp, path: &str) -> Value {
    let call = app.anonymous(Method::GET, &format!("v1/operator{path}"));
    good(call.bearer_auth(TestApp::token_for("Operator", "*")).send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_processes_runs_planned_times_alerts_and_messages_in_numbers() {
    let app = TestApp::start_with(&ALLOWED).await;
    let export = app.export_of(2).await;
    broken_run(&app, &export).await;
    until(async || !observed(&app, "/overview").await["alertsOpen"].as_array().unwrap().is_empty())
        .await;
    let seen = observed(&app, "/overview").await;
    let process = &seen["processes"][0];
    assert_eq!(process["parts"], json!(["api", "worker", "scheduler"]), "{seen}");
    assert_eq!(seen["runs"]["queued"], 0);
    let failed = json!({"status": "failed", "culprit": "external", "runs": 1});
    assert_eq!(seen["ended24Hours"], json!([failed]));
    assert_eq!(
        seen["alertsOpen"],
        json!([{"kind": "runFailed", "culprit": "external", "alerts": 1}])
    );
    assert_eq!(seen["deliveries"]["due"], 0);

    let instances = observed(&app, "/instances").await;
    let own = &instances["items"][0];
    assert_eq!(own["instanceId"], json!(app.instance));
    let facts = ["exports", "failed24Hours", "failedByUser24Hours", "alertsOpen", "late"];
    assert_eq!(facts.map(|fact| own[fact].as_i64().unwrap()), [1, 1, 0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_all_instances_are_selected_by_state_and_culprit() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let (first, second) = (app.export_of(1).await, app.export_of(1).await);
    let (stuck, open) = (app.start_run(&first).await, app.start_run(&second).await);
    let (shared, gone) = (app.app(), db::now() - TimeDelta::minutes(5));
    let mut tx = shared.db.write().await.unwrap();
    let id: uuid::Uuid = stuck.parse().unwrap();
    let statement = "UPDATE runs SET status = 'running', lease_until = $2 WHERE id = $1";
    sql!(&mut tx, |db| sqlx::query(statement).bind(id).bind(gone).execute(db).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();

    let ids = async |path: &str| -> Vec<String> {
        let listed = observed(&app, path).await;
        listed["items"].as_array().unwrap().iter().map(|run| text(run, "runId")).collect()
    };
    assert_eq!(ids("/runs?state=open").await, [open.clone(), stuck.clone()]);
    assert_eq!(ids("/runs?state=stuck").await, std::slice::from_ref(&stuck));
    assert!(ids("/runs?state=failed").await.is_empty());
    assert!(ids("/runs?culprit=system").await.is_empty());
    let own = format!("/runs?instanceId={}&limit=1", app.instance);
    assert_eq!(ids(&own).await, [open]);
    assert!(ids(&format!("/runs?instanceId={}", uuid::Uuid::now_v7())).await.is_empty());
    assert_eq!(observed(&app, "/overview").await["runs"]["leasesEnded"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_its_own_opens_no_instance_and_no_other_role_opens_the_overview() {
    let app = TestApp::start().await;
    let operator = TestApp::token_for("Operator", "*");
    let path = format!("v1/instances/{}/runs", app.instance);
    let call = app.anonymous(Method::GET, &path).bearer_auth(&operator).send().await.unwrap();
    let problem = refused(call, 403).await;
    assert!(text(&problem, "detail").contains("Your role is Operator"), "{problem}");
    let admin = app.anonymous(Method::GET, "v1/operator/overview");
    let admin = admin.bearer_auth(TestApp::token_for("Admin", "*")).send().await.unwrap();
    assert!(text(&refused(admin, 403).await, "detail").contains("needs the role Operator"));
    let some = app.anonymous(Method::GET, "v1/operator/overview");
    let some = some.bearer_auth(TestApp::token_for("Operator", &app.instance.to_string()));
    assert!(
        text(&refused(some.send().await.unwrap(), 403).await, "detail").contains("all instances")
    );
    let unknown =
        app.anonymous(Method::GET, "v1/operator/runs?status=failed").bearer_auth(operator);
    refused(unknown.send().await.unwrap(), 400).await;
}

/// What a bundle must not have: names that people gave, addresses, ids of members, and secrets.
const NOWHERE: [&str; 12] = [
    "@example.com",
    "person0",
    "Spring sale for VIP",
    "Newsletter of Ann",
    API_KEY,
    "abcdefghijklmnopqrstWXYZ",
    "whsec_",
    "C-7391",
    "smtp-password",
    "export-sender",
    "hush-heartbeat",
    "Who is to blame",
];

async fn tour(app: &TestApp, receiver: &Receiver) {
    let hook = channel(app, "webhook", receiver).await;
    app.post(
        "/channels",
        &json!({"displayName": "CRM", "kind": "email", "to": ["crm@example.com"]}),
    )
    .await;
    app.post(&format!("/channels/{}/test", text(&hook, "channelId")), &json!({})).await;
    app.segment("People", &format!("{}C-7391,broken,Riga\n", people(3))).await;
    let connection = app.connection().await;
    let new = json!({"displayName": "Spring sale for VIP", "connectionId": connection,
        "listId": segment_export::sandbox::LIST_ID, "segments": ["People"], "mapping": {"email": "Email"}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    app.ended(&app.start_run(&export).await).await;
    broken_run(app, &export).await;
    let rename = json!({"displayName": "Newsletter of Ann"});
    let path = format!("/connections/{connection}");
    good(app.request("Admin", Method::PATCH, &path).json(&rename).send().await.unwrap()).await;
    app.post("/instance/pause", &json!({"note": "Who is to blame"})).await;
}

/// The files of an archive, by their names.
fn unpacked(path: &std::path::Path) -> Vec<(String, String)> {
    let file = std::fs::File::open(path).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name, text)
    });
    entries.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_support_bundle_after_a_full_tour_has_no_secret_and_nothing_of_a_person() {
    let (folder, receiver) = (TempDir::new().unwrap(), Receiver::start());
    let secrets = [
        "--smtp-url=smtp://user:smtp-password@127.0.0.1:9",
        "--smtp-from=export-sender@example.com",
        "--heartbeat-url=http://127.0.0.1:9/hush-heartbeat",
    ];
    let app = TestApp::start_with(&[ALLOWED.as_slice(), &secrets].concat()).await;
    tour(&app, &receiver).await;
    let log = folder.path().join("log");
    std::fs::write(&log, "{\"message\":\"a call of ann@example.com\",\"level\":\"INFO\"}\n")
        .unwrap();
    let output = folder.path().join("bundle.tar.gz");
    let (path, log) = (output.display().to_string(), log.display().to_string());
    let more = ["--output", &path, "--metrics-of", app.url(), "--log", &log];
    let (done, said) = app.command(&["support-bundle"], &more).await;
    assert!(done, "{said}");

    let files = unpacked(&output);
    let names: Vec<_> = files.iter().map(|(name, _)| name.rsplit('/').next().unwrap()).collect();
    let expected = [
        "README.txt",
        "settings.txt",
        "versions.json",
        "overview.json",
        "instances.json",
        "runs.ndjson",
        "0.txt",
        "log.txt",
    ];
    assert_eq!(names, expected);
    for (name, text) in &files {
        assert!(!text.is_empty(), "{name} is empty");
        for secret in NOWHERE {
            assert!(!text.contains(secret), "{name} has {secret}:\n{text}");
        }
    }
    let of = |name: &str| &files.iter().find(|(known, _)| known.ends_with(name)).unwrap().1;
    assert!(of("runs.ndjson").lines().count() == 2 && of("runs.ndjson").contains("\"culprit\":"));
    assert!(of("0.txt").contains("segment_export_runs_ended_total"));
    assert!(of("settings.txt").contains("alerts_ms: 50"));
    assert!(of("log.txt").contains("\"level\":\"INFO\""));
    assert!(of("versions.json").contains("migrations"));
    assert!(of("overview.json").contains("instancesPaused\": 1"));
}
