//! Programs of others against the real thing: the vendor's own Python library against the offline Campaign
//! Monitor, schemathesis against the service and its document, a browser on Swagger UI.
//!
//! Each test brings its program: Python packages into a virtual environment, npm packages and Debian's
//! Chromium, at pinned versions, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use segment_export::campaign_monitor::sandbox::{API_KEY, LIST_ID};
use tokio::task::spawn_blocking;

use crate::support::TestApp;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
const BROWSER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");
const CHROMIUM: &str = "/usr/bin/chromium";

/// Runs a program to its end, and shows its output where it fails.
async fn succeed(program: impl AsRef<Path>, arguments: &[&str], folder: &str) {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(folder);
    let output = spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{} {arguments:?} failed\n{}\n{}",
        program.as_ref().display(),
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// A virtual environment with a package; its folder is named after it, so a new version makes a new one.
async fn python_with(package: &str) -> PathBuf {
    let name = package.replace("==", "-");
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("venv-{name}"));
    let bin = home.join("bin");
    if !home.join("ready").exists() {
        succeed("python3", &["-m", "venv", "--clear", &home.to_string_lossy()], CONTRACT).await;
        succeed(bin.join("python"), &["-m", "pip", "install", "--quiet", package], CONTRACT).await;
        std::fs::write(home.join("ready"), "").unwrap();
    }
    bin
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_python_library_is_content_with_the_offline_campaign_monitor() {
    let app = TestApp::start().await;
    let python = python_with("createsend==9.1.4").await.join("python");
    let url = app.sandbox.url();
    succeed(python, &["createsend_contract.py", "--url", url.as_str()], CONTRACT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_answer_that_the_document_does_not_promise() {
    let app = TestApp::start().await;
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
    if !Path::new(CHROMIUM).exists() {
        let install = "apt-get update && apt-get install -y --no-install-recommends chromium";
        succeed("sh", &["-c", install], "/").await;
    }
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
