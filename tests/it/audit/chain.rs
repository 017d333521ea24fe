//! The chain of the audit: it fits what the service wrote, whatever happened meanwhile.

use chrono::TimeDelta;
use clap::Parser;
use futures::future::join_all;
use reqwest::Method;
use segment_export::audit::verify::{self, Fault, Head, Report};
use segment_export::audit::{adopt, retention};
use segment_export::config::Config;
use segment_export::db::{self, ReadHandle, Time};
use segment_export::{secrets, sql};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::events;
use crate::support::{TestApp, good, people};

/// No scheduler, which would link and remove events meanwhile.
pub const QUIET: &[&str] = &["--roles", "api"];
const OLD: &str = "old:b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=";
const NEW: &str = "new:bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=";

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

fn keys(text: &str) -> secrets::Keys {
    let settings = Settings::try_parse_from(["it", "--encryption-keys", text]).unwrap();
    settings.config.data.keys().unwrap()
}

/// Verifies two days later, when events of an older version are not expected any more.
pub async fn verify(app: &TestApp, noted: Option<&Head>) -> Report {
    let (app, later) = (app.app(), db::now() + TimeDelta::days(2));
    verify::verify(&app.db, &app.keys, noted, later).await.unwrap()
}

/// Runs a statement as somebody does who writes to the database beside the service. Returns the number of rows.
pub async fn execute(app: &TestApp, statement: &str) -> sqlx::Result<u64> {
    let mut tx = app.app().db.write().await?;
    let rows = sql!(&mut tx, |db| {
        let done = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(db).await?;
        done.rows_affected()
    });
    tx.commit().await?;
    Ok(rows)
}

/// How the engine writes a UUID.
pub async fn uuid(app: &TestApp, id: &str) -> String {
    match app.app().db.read().await.unwrap() {
        ReadHandle::Sqlite(_) => format!("X'{}'", id.replace('-', "")),
        ReadHandle::Postgres(_) => format!("'{id}'"),
    }
}

/// Removes events as retention does. Returns how many.
pub async fn remove_before(app: &TestApp, before: Time) -> u64 {
    let mut tx = app.app().db.write().await.unwrap();
    let removed = retention::remove_expired(&mut tx, before, 1000).await.unwrap();
    tx.commit().await.unwrap();
    removed
}

async fn name(app: &TestApp, name: &str) {
    app.put("/segments/People", &json!({"displayName": name})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_that_nobody_touched_fits_and_the_command_prints_its_head() {
    let app = TestApp::start_with(QUIET).await;
    app.segment("People", &people(1)).await;
    app.connection().await;
    let (succeeds, said) = app.command(&["audit", "verify"], &[]).await;
    assert!(succeeds, "{said}");
    let head = said.lines().last().unwrap().strip_prefix("head: ").unwrap().to_owned();
    let begin = "of these without an event (the chain begins, a key is new, or retention removed events): 1";
    assert_eq!(said, format!("links checked: 5\n{begin}\nevents that fit: 4\nhead: {head}\n"));
    name(&app, "After").await;
    let (succeeds, said) = app.command(&["audit", "verify", "--head", &head], &[]).await;
    assert!(succeeds && said.starts_with("links checked: 6\n"), "{said}");
    let other = head.replace(':', ":0");
    let (succeeds, said) = app.command(&["audit", "verify", "--head", &other], &[]).await;
    assert!(!succeeds && said.starts_with("replaced: link 5 "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_the_same_moment_make_one_chain() {
    let app = TestApp::start_with(QUIET).await;
    let (neighbour, url) = app.start_neighbour().await;
    let http = reqwest::Client::builder().build().unwrap();
    let changes = (0..60).map(|number| {
        let path = format!("v1/instances/{}/segments/People{number}", app.instance);
        let url = if number % 2 == 0 { app.url() } else { &url };
        let call = http.put(format!("{url}{path}")).bearer_auth(app.token("Admin"));
        async move { good(call.json(&json!({"displayName": "People"})).send().await.unwrap()).await }
    });
    join_all(changes).await;
    let report = verify(&app, None).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.links, report.events), (61, 60));
    neighbour.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_many_events_locks_the_end_of_the_chain_last_so_none_waits_for_ever() {
    let app = TestApp::start_with(QUIET).await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    for number in 0..10 {
        let new = json!({"displayName": format!("Export {number}"), "connectionId": connection,
            "listId": segment_export::sandbox::LIST_ID, "segments": ["People"], "mapping": {"email": "Email"}});
        app.post("/exports", &new).await;
    }
    let exports = app.get("/exports").await;
    let attach = exports["items"].as_array().unwrap().iter().rev().map(|export| {
        let path = format!("/exports/{}", export["exportId"].as_str().unwrap());
        let body = json!({"options": {"resubscribe": true}});
        app.request("Admin", Method::PATCH, &path).json(&body).send()
    });
    let path = format!("/connections/{connection}/detach");
    let detach = app.request("Admin", Method::POST, &path).json(&json!({})).send();
    let (detached, changed) = futures::join!(detach, join_all(attach));
    good(detached.unwrap()).await;
    for answer in changed {
        let status = answer.unwrap().status().as_u16();
        assert!([200, 422].contains(&status), "{status}");
    }
    let report = verify(&app, None).await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_removes_is_not_missed_and_the_rest_still_fits() {
    let app = TestApp::start_with(QUIET).await;
    app.segment("People", &people(1)).await;
    let noted = verify(&app, None).await.head;
    let before = db::now();
    name(&app, "Kept").await;
    assert_eq!(remove_before(&app, before).await, 2);
    assert_eq!(remove_before(&app, before).await, 0);
    let report = verify(&app, None).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.links, report.events, report.removed_before), (2, 1, Some(before)));
    assert!(verify(&app, Some(&noted)).await.is_clean(), "the last removed link is still known");
    let older = Head { position: 1, ..noted };
    let report = verify(&app, Some(&older)).await;
    assert_eq!(report.faults, [Fault::HeadRemoved { position: 1, from: 4 }]);
    name(&app, "Again").await;
    assert_eq!(remove_before(&app, db::now()).await, 2);
    assert!(verify(&app, None).await.is_clean());
    // With a longer age in the settings, what is gone stays accounted for.
    assert_eq!(remove_before(&app, before).await, 0);
    assert!(verify(&app, None).await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_version_without_the_chain_are_linked_for_a_day_and_no_longer() {
    let app = TestApp::start_with(QUIET).await;
    app.segment("People", &people(1)).await;
    for table in ["audit_chain", "audit_chain_head"] {
        execute(&app, &format!("DELETE FROM {table}")).await.unwrap();
    }
    let (shared, now) = (app.app(), db::now());
    shared.db.mark_chain().await.unwrap();
    let soon = verify::verify(&shared.db, &shared.keys, None, now).await.unwrap();
    assert!(soon.is_clean() && soon.waiting == 2, "{soon}");
    assert_eq!(verify(&app, None).await.faults.len(), 2);
    let adopt = async |now| adopt::adopt(&shared.db, &shared.keys, now).await.unwrap();
    assert_eq!(adopt(now + TimeDelta::days(2)).await, 0);
    assert_eq!(adopt(now).await, 2);
    let report = verify(&app, None).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.events, report.adopted), (2, 2));
    assert_eq!(events(&app, "").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_outlives_its_keys_and_a_foreign_key_is_found() {
    let mut app = TestApp::start_with(&[QUIET, &["--encryption-keys", OLD]].concat()).await;
    name(&app, "Old").await;
    let both = format!("{NEW},{OLD}");
    app.restart_with(&[QUIET, &["--encryption-keys", &both]].concat()).await;
    let (db, later) = (app.app().db.clone(), db::now() + TimeDelta::days(2));
    let check = async |text: &str| verify::verify(&db, &keys(text), None, later).await.unwrap();
    assert!(check(&both).await.is_clean());
    assert!(check(NEW).await.is_clean(), "the first link of the new key proves the older ones");
    name(&app, "New").await;
    assert!(check(NEW).await.is_clean());
    assert_eq!(check(OLD).await.faults, [Fault::UnknownKey { key: "new".into(), from: 3 }]);
    let forged = check(&NEW.replace("bmV3", "Zm9v")).await;
    let is_link = |fault: &Fault| matches!(fault, Fault::Link { .. });
    assert!(forged.faults.len() == 2 && forged.faults.iter().all(is_link), "{forged}");
}
