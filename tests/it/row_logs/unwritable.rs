//! A log that cannot be written keeps nobody from getting mail: the run warns, and the manifest says what is missing.

use serde_json::{Value, json};

use super::{FOLDER, export_with_log, manifest, rows};
use crate::leavers::csv;
use crate::support::{TestApp, refused, text};

fn warnings(run: &Value) -> Vec<&str> {
    let warnings = run["warnings"].as_array().unwrap().iter();
    warnings.filter_map(|warning| warning["code"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_rows_cannot_be_logged_sends_everybody_and_says_so() {
    let mut app = TestApp::start().await;
    app.segment("People", &csv(0..2_500)).await;
    let export = export_with_log(&app, &json!({}), false).await;
    let obstacle = app.storage().join(FOLDER);
    std::fs::write(&obstacle, "a file where the folder should be").unwrap();

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], &run["counts"]["created"]), (&json!("successful"), &json!(2_500)));
    assert_eq!(warnings(&run), ["rowLogIncomplete"], "{run}");
    let message = text(&run["warnings"][0], "message");
    assert!(message.contains("Everybody was sent"), "{message}");

    std::fs::remove_file(&obstacle).unwrap();
    app.stop_service().await;
    app.start_service().await;
    let manifest = manifest(&app, &run).await;
    assert_eq!(manifest["complete"], false, "{manifest}");
    assert_eq!(manifest["missingBatches"], json!([1, 2, 3]));
    assert_eq!(manifest["counts"], run["counts"]);
    assert!(rows(&app, &run, &manifest).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_closed_after_the_export_was_saved_is_warned_of() {
    let mut app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let export = export_with_log(&app, &json!({}), false).await;
    let other = format!("other=file://{}", app.storage().join("other").display());
    app.restart_with(&["--storage-roots", &other, "--storage-writable", "other"]).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "successful");
    assert_eq!(warnings(&run), ["rowLogIncomplete"], "{run}");
    let message = text(&run["warnings"][0], "message");
    assert!(message.contains("SEGMENT_EXPORT_STORAGE_WRITABLE"), "{message}");
    let copy = app.request("Admin", reqwest::Method::PATCH, &format!("/exports/{export}"));
    let body = json!({"rowLog": {"url": app.storage_url("log")}});
    let problem = refused(copy.json(&body).send().await.unwrap(), 422).await;
    let error = &problem["errors"][0];
    assert_eq!(
        (&error["pointer"], &error["code"]),
        (&json!("/rowLog/url"), &json!("unwritableFolder"))
    );
}
