//! The keys that seal secrets: brought in, rotated while the service works, and taken out.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use segment_export::connections::store_seals;
use segment_export::sandbox::API_KEY;
use segment_export::sql;
use serde_json::json;

use crate::alerts::receiver::Receiver;
use crate::oauth;
use crate::support::{TestApp, people, refused, text};

const OLD: &str = "old:b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=";
const NEW: &str = "new:bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=";

/// Every connection must get through to Campaign Monitor.
async fn all_open(app: &TestApp) {
    let connections = app.get("/connections?limit=200").await;
    for connection in connections["items"].as_array().unwrap() {
        let path = format!("/connections/{}/verify", text(connection, "connectionId"));
        let verified = app.post(&path, &json!({})).await;
        assert_eq!(verified["checks"][0]["ok"], true, "{connection}: {verified}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_the_service_works_and_the_old_one_is_needed_no_more() {
    let allowed = "--channels-allow-private";
    let mut app = oauth::start_with(&["--encryption-keys", OLD, allowed]).await;
    oauth::signed_in(&app).await;
    let receiver = Receiver::start();
    let hook = json!({"displayName": "Hook", "kind": "webhook", "url": receiver.url()});
    let channel = text(&app.post("/channels", &hook).await, "channelId");
    let mut ids = vec![];
    for _ in 0..20 {
        ids.push(app.connection().await);
    }
    let both = format!("{NEW},{OLD}");
    app.restart_with(&["--encryption-keys", &both, allowed]).await;
    let (succeeds, status) = app.command(&["keys", "status"], &[]).await;
    assert!(succeeds, "{status}");
    assert_eq!(
        status,
        "secrets sealed with key new: 0 (the first: it seals)\nsecrets sealed with key old: 22\n"
    );

    let is_done = AtomicBool::new(false);
    let writes = async {
        let key = json!({"kind": "apiKey", "apiKey": API_KEY});
        while !is_done.load(Ordering::SeqCst) {
            for id in &ids[..5] {
                app.put(&format!("/connections/{id}/credentials"), &key).await;
            }
            oauth::expire(&app).await;
            all_open(&app).await;
        }
    };
    let rotate = async {
        let rotated = app.command(&["keys", "rotate"], &[]).await;
        is_done.store(true, Ordering::SeqCst);
        rotated
    };
    let ((succeeds, rotated), ()) = tokio::join!(rotate, writes);
    assert!(succeeds, "{rotated}");
    let end = "secrets sealed with key new: 22 (the first: it seals)\nsecrets sealed with key old: 0 (seals nothing: \
        it may be removed, unless you have just added it)\n";
    assert!(rotated.ends_with(end), "{rotated}");

    let (succeeds, again) = app.command(&["keys", "rotate"], &[]).await;
    assert!(succeeds, "{again}");
    assert_eq!(again, format!("sealed again with the first key: 0\n{end}"));
    app.restart_with(&["--encryption-keys", NEW, allowed]).await;
    all_open(&app).await;
    app.post(&format!("/channels/{channel}/test"), &json!({})).await;
    assert_eq!(receiver.received().len(), 1, "the URL opens, and so does the secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_changed_in_the_very_moment_stays_changed() {
    let app = TestApp::start().await;
    let id = app.connection().await;
    let shared = app.app();
    let seals = store_seals::list(&mut shared.db.read().await.unwrap(), None, 10).await.unwrap();
    let key = json!({"kind": "apiKey", "apiKey": "another-key-1234"});
    let changed = app.put(&format!("/connections/{id}/credentials"), &key).await;
    let mut tx = shared.db.write().await.unwrap();
    assert!(!store_seals::replace(&mut tx, &seals[0], "new:late").await.unwrap());
    tx.commit().await.unwrap();
    let seen = app.get(&format!("/connections/{id}")).await;
    assert_eq!(seen, changed);
    assert_eq!(seen["credential"]["lastFour"], "1234");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_is_named_and_nothing_is_lost() {
    let mut app = TestApp::start_with(&["--encryption-keys", OLD]).await;
    app.segment("People", &people(2)).await;
    let id = app.connection().await;
    let export = app.export(&id).await;
    app.restart_with(&["--encryption-keys", NEW, "--stalls-max", "100"]).await;
    let verify = (Method::POST, format!("/connections/{id}/verify"));
    for (method, path) in [verify, (Method::GET, format!("/connections/{id}/lists"))] {
        let call = app.request("Admin", method, &path).json(&json!({}));
        let problem = refused(call.send().await.unwrap(), 503).await;
        assert_eq!(problem["errorCode"], "encryptionKeyMissing", "{path}");
        assert!(text(&problem, "detail").contains("Ask your operator"), "{problem}");
    }
    let run = app.start_run(&export).await;
    let waiting = app.run_when(&run, |run| run["reason"].is_object()).await;
    assert_eq!(waiting["status"], "queued", "{waiting}");
    assert_eq!(waiting["reason"]["code"], "encryptionKeyMissing", "{waiting}");
    let (succeeds, status) = app.command(&["keys", "status"], &[]).await;
    assert!(!succeeds, "{status}");
    let (succeeds, rotated) = app.command(&["keys", "rotate"], &[]).await;
    assert!(!succeeds, "{rotated}");
    assert!(
        rotated.contains(&format!("the secret of connection {id} stays as it is")),
        "{rotated}"
    );
    assert!(
        rotated.contains("secrets sealed with key old: 1 (MISSING from the settings"),
        "{rotated}"
    );

    let both = format!("{NEW},{OLD}");
    app.restart_with(&["--encryption-keys", &both, "--stalls-max", "100"]).await;
    assert!(app.command(&["keys", "rotate"], &[]).await.0);
    all_open(&app).await;
    assert_eq!(app.ended(&run).await["status"], "successful", "it resumes by itself");
}

/// What a process says that must not start with these settings.
async fn does_not_start(app: &TestApp, keys: &str) -> String {
    let (succeeds, said) = app.command(&["serve"], &["--encryption-keys", keys]).await;
    assert!(!succeeds, "{said}");
    assert!(said.contains("SEGMENT_EXPORT_ENCRYPTION_KEYS"), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_another_key_under_a_known_id_ends_in_words_and_harms_nothing() {
    let mut app = TestApp::start_with(&["--encryption-keys", OLD]).await;
    app.connection().await;
    app.stop_service().await;
    app.set_extra(&[]);
    let other = NEW.replace("new:", "old:");

    let said = does_not_start(&app, &other).await;
    assert!(said.contains("\"old\"") && said.contains("an id of its own"), "{said}");
    let (succeeds, said) = app.command(&["keys", "rotate"], &["--encryption-keys", &other]).await;
    assert!(!succeeds && said.contains("\"old\""), "{said}");
    let zeros = format!("old:{}=", "A".repeat(43));
    assert!(does_not_start(&app, &zeros).await.contains("all zeros"));
    let twice = format!("{OLD},{other}");
    assert!(does_not_start(&app, &twice).await.contains("two encryption keys have the id `old`"));

    app.set_extra(&["--encryption-keys", &format!("{NEW},{OLD}")]);
    app.start_service().await;
    all_open(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_also_by_a_database_that_is_older_than_fingerprints() {
    let mut app = TestApp::start_with(&["--encryption-keys", OLD]).await;
    app.connection().await;
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| sqlx::query("DELETE FROM key_fingerprints").execute(db).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
    app.stop_service().await;
    app.set_extra(&[]);
    let other = NEW.replace("new:", "old:");
    assert!(does_not_start(&app, &other).await.contains("\"old\""));
    app.set_extra(&["--encryption-keys", OLD]);
    app.start_service().await;
    all_open(&app).await;
}
