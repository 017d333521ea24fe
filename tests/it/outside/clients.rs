//! The packages of `clients/`: generated, built, and tested against a service, each by tests in its own language.

use segment_export::sample::Sample;
use segment_export::sandbox::{API_KEY, LIST_ID};
use segment_export::storage::Media;
use tempfile::TempDir;

use super::install;
use crate::programs::{INSTALLING, succeed};
use crate::support::TestApp;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

/// Runs a command that finds the service in its environment, as `clients/with-service` would set it.
async fn show(app: &TestApp, command: &[&str], folder: &str) {
    let files = TempDir::new().unwrap();
    let parquet = files.path().join("members.parquet");
    let mut members = vec![];
    Sample { rows: 10, seed: 1 }.write(Media::Parquet, &mut members).unwrap();
    std::fs::write(&parquet, members).unwrap();
    let settings = [
        ("URL", app.url().to_owned()),
        ("TOKEN", TestApp::token_for("Admin", "*")),
        ("INSTANCE", app.instance.to_string()),
        ("API_KEY", API_KEY.to_owned()),
        ("LIST_ID", LIST_ID.to_owned()),
        ("PARQUET", parquet.display().to_string()),
    ];
    let settings = settings.map(|(name, value)| format!("SEGMENT_EXPORT_{name}={value}"));
    let settings = settings.iter().map(String::as_str);
    let arguments: Vec<_> = settings.chain(command.iter().copied()).collect();
    succeed("env", &arguments, folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_package_does_the_whole_tour() {
    let app = TestApp::start().await;
    let home = format!("{CLIENTS}/typescript");
    {
        let _alone = INSTALLING.lock().await;
        install(&home).await;
        succeed("npm", &["run", "build"], &home).await;
    }
    show(&app, &["npm", "test"], &home).await;
    assert_eq!(app.active().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_package_does_the_whole_tour() {
    let app = TestApp::start().await;
    let home = format!("{CLIENTS}/python");
    {
        let _alone = INSTALLING.lock().await;
        succeed(format!("{home}/build"), &[], &home).await;
    }
    let tests =
        [".installed/bin/python", "-m", "unittest", "discover", "--start-directory", "tests"];
    show(&app, &tests, &home).await;
    assert_eq!(app.active().await, 2);
}
