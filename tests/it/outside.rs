//! Programs of others against the real thing: the vendor's own Python library against the offline Campaign
//! Monitor, schemathesis against the service and its document, a browser on Swagger UI.
//!
//! Each test brings its program: Python packages into a virtual environment, npm packages and Debian's
//! Chromium, at pinned versions, once.

use std::path::Path;

use segment_export::campaign_monitor::sandbox::{API_KEY, LIST_ID};

use crate::oauth;
use crate::programs::{debian_with, python_with, succeed};
use crate::support::TestApp;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
const BROWSER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

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
    let app = oauth::start_with(&[]).await;
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
    let app = TestApp::start().await;
    debian_with("chromium", "/usr/bin/chromium").await;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&home).unwrap();
    for file in ["package.json", "package-lock.json", "swagger_ui.mjs"] {
        std::fs::copy(Path::new(BROWSER).join(file), home.join(file)).unwrap();
    }
    let home = home.to_string_lossy();
    succeed("npm", &["ci", "--no-audit", "--no-fund"], &home).await;
    let (token, instance) = (TestApp::token_for("Admin", "*"), app.instance.to_string());
    let arguments = ["swagger_ui.mjs", app.url(), &token, &instance, API_KEY, LIST_ID];
    succeed("node", &arguments, &home).await;
    assert_eq!(app.active().await, 2);
}
