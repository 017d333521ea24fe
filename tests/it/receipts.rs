//! Receipts: what a run proves to people who do not trust this service.

use std::path::Path;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::programs::{python_with, run};
use crate::support::{TestApp, good, people, refused, text};

impl TestApp {
    /// A receipt in this form, with its headers.
    async fn receipt(&self, run: &str, media: &str) -> (reqwest::header::HeaderMap, String) {
        let path = format!("/runs/{run}/receipt");
        let answer = self.request("Viewer", Method::GET, &path).header("Accept", media);
        let answer = answer.send().await.unwrap().error_for_status().unwrap();
        (answer.headers().clone(), answer.text().await.unwrap())
    }

    async fn public_keys(&self) -> Value {
        let keys = self.anonymous(Method::GET, ".well-known/segment-export/jwks.json");
        good(keys.send().await.unwrap()).await
    }
}

/// A run of ten people, one of whom is rejected.
async fn ended_run(app: &TestApp) -> String {
    let left = json!([{"email": "person1@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &left).await;
    app.segment("People", &people(10)).await;
    let run = app.start_run(&app.export(&app.connection().await).await).await;
    app.ended(&run).await;
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_what_was_read_answered_and_found_and_names_nobody() {
    let app = TestApp::start().await;
    let run = ended_run(&app).await;
    let (_, text) = app.receipt(&run, "application/json").await;
    assert!(!text.contains("person"), "no address of a member: {text}");
    let receipt: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(receipt["status"], "completedWithErrors");
    assert_eq!(receipt["read"][0]["segment"], "People");
    assert_eq!(receipt["read"][0]["objects"][0]["rows"], 10);
    assert_eq!(receipt["mapping"]["email"], "Email");
    assert_eq!(receipt["sync"]["verify"], "counts");
    let answers =
        json!({"batches": 1, "calls": 1, "created": 9, "updated": 0, "rejected": 1, "inferred": 0});
    assert_eq!(receipt["answers"], answers);
    assert_eq!(receipt["counts"], app.get(&format!("/runs/{run}")).await["counts"]);
    assert_eq!(receipt["list"]["before"]["people"]["active"], 0);
    assert_eq!(receipt["list"]["after"]["people"]["active"], 9);
    assert_eq!(receipt["verifications"][0]["missing"], 0);
    let limits = receipt["limits"].to_string();
    assert!(limits.contains("Other programs"), "{limits}");
    assert!(limits.contains("was not compared"), "{limits}");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_receipt_before_the_run_has_ended() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let slow = json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 400}}}]);
    app.faults(&slow).await;
    let run = app.start_run(&export).await;
    let path = format!("/runs/{run}/receipt");
    let early = app.request("Viewer", Method::GET, &path).send().await.unwrap();
    assert_eq!(refused(early, 409).await["errorCode"], "runNotEnded");
    app.ended(&run).await;
    let form = app.request("Viewer", Method::GET, &path).header("Accept", "image/png");
    assert_eq!(refused(form.send().await.unwrap(), 406).await["errorCode"], "notAcceptable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_can_be_printed_and_runs_nothing() {
    let app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    let export = app.export(&app.connection().await).await;
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let name = json!({"displayName": "<script>alert(1)</script> & \"friends\""});
    good(change.json(&name).send().await.unwrap()).await;
    let run = app.start_run(&export).await;
    app.ended(&run).await;
    let (headers, page) = app.receipt(&run, "text/html").await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"), "{policy}");
    assert!(!page.contains("<script"), "{page}");
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;friends&quot;"),
        "{page}"
    );
    assert!(page.contains("What this receipt does not prove"), "{page}");
    assert!(!page.contains("person1@"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_receipt_is_verified_with_the_public_key_also_after_a_new_one_was_made() {
    let app = TestApp::start().await;
    let run = ended_run(&app).await;
    let (headers, signed) = app.receipt(&run, "application/jose").await;
    assert_eq!(headers["content-type"], "application/jose");
    let old = app.public_keys().await;
    verify(&signed, &old, &run);
    assert!(old["keys"][0].get("retiredUtc").is_none(), "{old}");
    let (succeeds, said) = app.command(&["keys", "renew-signing"], &[]).await;
    assert!(succeeds, "{said}");
    let both = app.public_keys().await;
    assert_eq!(both["keys"].as_array().unwrap().len(), 2);
    verify(&signed, &both, &run);
    let (_, newer) = app.receipt(&run, "application/jose").await;
    verify(&newer, &both, &run);
    let kid = |signed: &str| jsonwebtoken::decode_header(signed).unwrap().kid;
    assert_ne!(kid(&signed), kid(&newer));
    assert!(!both.to_string().contains("\"d\""), "no private key: {both}");
}

fn verify(signed: &str, keys: &Value, run: &str) {
    let header = jsonwebtoken::decode_header(signed).unwrap();
    assert_eq!(
        (header.alg, header.typ.as_deref()),
        (Algorithm::EdDSA, Some("segment-export-receipt+jws"))
    );
    let keys: JwkSet = serde_json::from_value(keys.clone()).unwrap();
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let receipt = jsonwebtoken::decode::<Value>(signed, &key, &validation).unwrap().claims;
    assert_eq!(receipt["runId"], json!(run));
    let (head, tail) = signed.split_at(signed.len() / 2);
    let forged = format!("{head}{}{}", if tail.starts_with('A') { 'B' } else { 'A' }, &tail[1..]);
    assert!(jsonwebtoken::decode::<Value>(&forged, &key, &validation).is_err());
}

/// The command of docs/RECEIPTS.md, typed as it stands there.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_verified_offline_with_the_command_of_the_docs() {
    let app = TestApp::start().await;
    let export = ended_run(&app).await;
    let (_, signed) = app.receipt(&export, "application/jose").await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("receipt.jws"), &signed).unwrap();
    std::fs::write(at("jwks.json"), app.public_keys().await.to_string()).unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/RECEIPTS.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    let (_, command) = docs.split_once("```sh\npython3 -c '").unwrap();
    let (code, _) = command.split_once("'\n```").unwrap();
    let bin = python_with("cryptography==48.0.0").await;
    let folder = folder.path().display().to_string();
    let verified = run(bin.join("python"), &["-c", code], &folder).await;
    let printed = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let receipt: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(text(&receipt, "runId"), export);
    let forged = signed.replacen("eyJ", "eyK", 2);
    std::fs::write(at("receipt.jws"), forged).unwrap();
    assert!(!run(bin.join("python"), &["-c", code], &folder).await.status.success());

    let header = jsonwebtoken::decode_header(&signed).unwrap();
    app.command(&["keys", "revoke-signing", &header.kid.unwrap()], &[]).await;
    std::fs::write(at("receipt.jws"), &signed).unwrap();
    std::fs::write(at("jwks.json"), app.public_keys().await.to_string()).unwrap();
    let revoked = run(bin.join("python"), &["-c", code], &folder).await;
    let said = String::from_utf8_lossy(&revoked.stderr).into_owned();
    assert!(!revoked.status.success() && said.contains("is revoked"), "{said}");
}
