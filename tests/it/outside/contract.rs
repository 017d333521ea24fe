//! The `OpenAPI` document in the hands of others: linters, a TypeScript client, a comparison with what was promised.

use std::path::Path;

use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{CONTRACT, npm_in};
use crate::programs::{python_with, run, succeed};
use crate::support::TestApp;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
/// The document of the last release: what callers were promised.
const RELEASED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/released.json");

#[tokio::test(flavor = "multi_thread")]
async fn redocly_and_spectral_with_the_owasp_rules_find_nothing_to_say() {
    let home = npm_in("openapi").await;
    let lint = format!("{home}/lint");
    std::fs::copy(DOCUMENT, format!("{lint}/openapi.json")).unwrap();
    let redocly = ["lint", "--config", "redocly.yaml", "openapi.json"];
    succeed(format!("{home}/node_modules/.bin/redocly"), &redocly, &lint).await;
    let spectral = ["lint", "--ruleset", "spectral.mjs", "--fail-severity", "hint", "openapi.json"];
    succeed(format!("{home}/node_modules/.bin/spectral"), &spectral, &lint).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typescript_client_made_from_the_document_does_the_whole_tour() {
    let app = TestApp::start().await;
    let home = npm_in("openapi").await;
    let tool = |name: &str| format!("{home}/node_modules/.bin/{name}");
    succeed(tool("openapi-typescript"), &[DOCUMENT, "--output", "api.d.ts"], &home).await;
    succeed(tool("tsc"), &["--project", "."], &home).await;
    let (token, instance) = (TestApp::token_for("Admin", "*"), app.instance.to_string());
    let arguments = ["built/tour.js", app.url(), &token, &instance, API_KEY, LIST_ID];
    succeed("node", &arguments, &home).await;
    assert_eq!(app.active().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_breaks_nothing_that_the_last_release_promised() {
    let output = compare(Path::new(RELEASED), Path::new(DOCUMENT)).await;
    assert!(output.is_ok(), "{}", output.unwrap_err());
}

/// A change of the document: what it is, where, how, and whether callers of before can live with it.
type Change = (&'static str, &'static str, fn(&mut Value), bool);

const CHANGES: [Change; 6] = [
    (
        "an endpoint goes",
        "/paths/~1v1~1instances~1{instanceId}~1runs",
        |path| *path = json!({}),
        false,
    ),
    ("a member goes", "/components/schemas/RunView/properties", drop_counts, false),
    ("a value goes", "/components/schemas/RunStatus/enum", drop_last, false),
    ("a new member is required", "/components/schemas/NewConnectionBody", require_colour, false),
    ("an answer has a new member", "/components/schemas/RunView", add_colour, true),
    ("a new member may be sent", "/components/schemas/NewConnectionBody", add_colour, true),
];

fn drop_counts(members: &mut Value) {
    members.as_object_mut().unwrap().remove("counts").unwrap();
}

fn drop_last(values: &mut Value) {
    values.as_array_mut().unwrap().pop().unwrap();
}

fn add_colour(schema: &mut Value) {
    schema["properties"]["colour"] = json!({"type": "string"});
}

fn require_colour(schema: &mut Value) {
    add_colour(schema);
    schema["required"].as_array_mut().unwrap().push(json!("colour"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_callers_is_noticed_and_an_addition_is_not() {
    let folder = TempDir::new().unwrap();
    let changed = folder.path().join("changed.json");
    for (what, place, change, is_harmless) in CHANGES {
        let mut document = segment_export::server::document();
        change(document.pointer_mut(place).unwrap());
        std::fs::write(&changed, document.to_string()).unwrap();
        let found = compare(Path::new(DOCUMENT), &changed).await;
        assert_eq!(found.is_ok(), is_harmless, "{what}: {found:?}");
    }
}

/// What specshift says: an error lists what breaks callers of `old`.
async fn compare(old: &Path, new: &Path) -> Result<(), String> {
    let specshift = python_with("specshift==1.5.0").await.join("specshift");
    let (old, new) = (old.to_string_lossy(), new.to_string_lossy());
    let output = run(specshift, &["diff", "--fail-on", "breaking", &old, &new], CONTRACT).await;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
