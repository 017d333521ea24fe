//! Programs of others against the real thing: the vendor's own Python library against the offline Campaign
//! Monitor and with the service, schemathesis against the service and its document, a browser on Swagger UI, the tokens
//! of a certified OpenID provider.
//!
//! (What they make of the `OpenAPI` document alone is in `outside/contract.rs`, the packages that we make of it in
//! `outside/clients.rs`, the code of the documents in `outside/documented.rs`, people in the console in
//! `outside/console.rs`.) Each test brings its program: Python packages into a virtual environment, npm packages and
//! Debian's browsers, at pinned versions, once.

mod clients;
mod console;
mod contract;
mod documented;

use std::process::Stdio;

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::oauth;
use crate::programs::{INSTALLING, debian_with, python_with, succeed};
use crate::support::{TestApp, text, until};

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// A copy of `tests/FOLDER` with its npm packages, installed again when the lock file has changed.
pub async fn npm_in(folder: &str) -> String {
    let _alone = INSTALLING.lock().await;
    let source = format!("{TESTS}/{folder}");
    let home = format!("{}/{folder}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&home).unwrap();
    succeed("cp", &["-R", &format!("{source}/."), &home], TESTS).await;
    install(&home).await;
    home
}

/// The npm packages of a folder.
async fn install(home: &str) {
    let lock = std::fs::read(format!("{home}/package-lock.json")).unwrap();
    let ready = format!("{home}/node_modules/ready");
    if std::fs::read(&ready).ok() != Some(lock.clone()) {
        succeed("npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"], home).await;
        std::fs::write(ready, lock).unwrap();
    }
}

/// A browser, and the folder of the scripts that drive it.
pub async fn browser() -> String {
    let home = npm_in("browser").await;
    debian_with("chromium", "/usr/bin/chromium").await;
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_python_library_is_content_with_the_offline_campaign_monitor() {
    let app = TestApp::start().await;
    let python = python_with("createsend==9.1.4").await.join("python");
    let url = app.sandbox.url();
    succeed(python, &["createsend_contract.py", "--url", url.as_str()], CONTRACT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_python_library_and_the_service_sign_in_alike() {
    let app = oauth::start_with(&[]).await;
    let python = python_with("createsend==9.1.4").await.join("python");
    let sandbox = app.sandbox.url();
    let (token, instance) = (app.token("Admin"), app.instance.to_string());
    let arguments = [
        ["oauth_contract.py", "--url", sandbox.as_str(), "--service", app.url()].as_slice(),
        &["--token", &token, "--instance", &instance],
    ]
    .concat();
    succeed(python, &arguments, CONTRACT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_answer_that_the_document_does_not_promise() {
    // It calls faster than a caller may, and each call must reach its handler.
    let unlimited = ["--max-calls-per-second", "0", "--max-instance-calls-per-second", "0"];
    let app = oauth::start_with(&unlimited).await;
    let schemathesis = python_with("schemathesis==4.32.5").await.join("st");
    let document = format!("{}openapi.json", app.url());
    let authorization = format!("Authorization: Bearer {}", TestApp::token_for("Admin", "*"));
    let arguments = [
        ["--config-file", "schemathesis.toml"].as_slice(),
        &["run", &document, "--header", &authorization, "--checks", "all"],
        &["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "10"],
        &["--seed", "1", "--generation-database", "none"],
    ]
    .concat();
    succeed(schemathesis, &arguments, CONTRACT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_can_be_done_by_hand_in_swagger_ui_without_any_other_host() {
    let (app, home) = (TestApp::start().await, browser().await);
    let (token, instance) = (TestApp::token_for("Admin", "*"), app.instance.to_string());
    let arguments = ["by_hand.mjs", app.url(), &token, &instance, API_KEY, LIST_ID];
    succeed("node", &arguments, &home).await;
    assert_eq!(app.active().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_calls_when_it_is_named_and_no_page_frames_ours() {
    let home = browser().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    let origin = format!("http://127.0.0.1:{port}");
    let app = TestApp::start_with(&["--cors-origins", &origin]).await;
    drop(free);
    let (token, instance) = (app.token("Admin"), app.instance.to_string());
    succeed("node", &["other_origin.mjs", app.url(), &token, &instance, &port], &home).await;
}

/// A person who uses the example front end, on an origin that the service allows.
async fn use_front_end(script: &str) {
    let home = browser().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    let origin = format!("http://127.0.0.1:{port}");
    let app = TestApp::start_with(&["--cors-origins", &origin]).await;
    drop(free);
    app.export_of(3).await;
    let (token, instance) = (app.token("Admin"), app.instance.to_string());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/front-end");
    succeed("node", &[script, app.url(), &token, &instance, &port, folder], &home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_front_end_on_another_origin_starts_a_run_and_follows_it_by_a_ticket() {
    use_front_end("front_end.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_front_end_does_the_same_in_firefox() {
    debian_with("firefox-esr", "/usr/bin/firefox-esr").await;
    use_front_end("front_end_firefox.mjs").await;
}

/// A certified OpenID provider in a process of its own.
struct Provider {
    process: Child,
    issuer: String,
    http: reqwest::Client,
}

impl Provider {
    async fn start() -> Self {
        let home = npm_in("identity").await;
        let mut command = tokio::process::Command::new("node");
        command.arg("provider.mjs").current_dir(home).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = lines.next_line().await.unwrap().unwrap();
        Self { process, issuer, http: reqwest::Client::builder().build().unwrap() }
    }

    async fn order(&self, order: &str, body: &Value) -> Value {
        let url = format!("{}/orders/{order}", self.issuer);
        self.http.post(url).json(body).send().await.unwrap().json().await.unwrap()
    }

    async fn token(&self, role: &str, instance: &str) -> String {
        let claims = json!({"roles": [role], "instances": [instance]});
        text(&self.order("token", &claims).await, "access_token")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certified_openid_provider_is_believed_by_the_keys_that_it_publishes_now() {
    let mut provider = Provider::start().await;
    let issuer = ["--auth-issuer", &provider.issuer];
    let pauses = ["--auth-jwks-pause-ms", "0", "--auth-jwks-age-ms", "100"];
    let app = TestApp::start_with(&[issuer.as_slice(), &pauses].concat()).await;
    let path = format!("v1/instances/{}/connections", app.instance);
    let ask = async |token: &str| {
        let call = app.anonymous(Method::GET, &path).bearer_auth(token);
        call.send().await.unwrap().status().as_u16()
    };
    let instance = app.instance.to_string();
    let first = provider.token("Admin", &instance).await;
    assert_eq!(ask(&first).await, 200);
    assert_eq!(ask(&provider.token("Viewer", &instance).await).await, 403);
    let elsewhere = uuid::Uuid::now_v7().to_string();
    assert_eq!(ask(&provider.token("Admin", &elsewhere).await).await, 404);

    provider.order("rotate", &json!({})).await;
    let second = provider.token("Admin", &instance).await;
    assert_eq!((ask(&second).await, ask(&first).await), (200, 200), "both keys are published");
    provider.order("withdraw", &json!({})).await;
    until(async || ask(&first).await == 401).await;
    assert_eq!(ask(&second).await, 200);

    provider.process.kill().await.unwrap();
    assert_eq!(ask(&second).await, 200, "its key is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_a_contributor_and_a_viewer_go_their_ways_in_swagger_ui() {
    let (app, home) = (with_a_way_back(&[]).await, browser().await);
    let people = ["Admin", "Contributor", "Viewer"].map(|role| TestApp::token_for(role, "*"));
    let instance = app.instance.to_string();
    let [admin, contributor, viewer] = &people;
    let arguments = ["three_people.mjs", app.url(), &instance, API_KEY, LIST_ID];
    let folder = pictures().unwrap_or_default();
    let arguments = [arguments.as_slice(), &[admin, contributor, viewer, &folder]].concat();
    succeed("node", &arguments, &home).await;
    assert_eq!(app.active().await, 2);
}

/// A service to which people come back in a browser when they have signed in at the offline Campaign Monitor.
async fn with_a_way_back(extra: &[&str]) -> TestApp {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = free.local_addr().unwrap().to_string();
    drop(free);
    let back = format!("http://{bind}/oauth/campaign-monitor/callback");
    let settings = [
        ["--bind", &bind],
        ["--oauth-client-id", OAUTH_CLIENT_ID],
        ["--oauth-client-secret", OAUTH_CLIENT_SECRET],
        ["--oauth-redirect-url", &back],
    ];
    TestApp::start_with(&[settings.as_flattened(), extra].concat()).await
}

/// Where `make screenshots` wants the pictures of the three people.
#[expect(clippy::disallowed_methods, reason = "where pictures go is no setting of the service")]
pub fn pictures() -> Option<String> {
    std::env::var("PICTURES").ok()
}
