//! One person in five exports over connections of two accounts, with uploads, rejections, value problems, a row log and
//! a run in flight: erased by address or by id, then searched for byte by byte.

use std::fmt::Write;
use std::path::PathBuf;

use reqwest::Method;
use segment_export::sandbox::{
    CLIENT_API_KEY, CLIENT_ID, DOUBLE_OPT_IN_LIST_ID, LIST_ID, OTHER_LIST_ID,
};
use serde_json::{Value, json};

use super::traces::{in_files, in_sandbox, in_tables, left_in_rejections};
use super::{completed, erase, removed, site, subscriber};
use crate::support::{TestApp, text};

const ANNA: &str = "Anna.Berzina@Example.com";
const SOUGHT: [&str; 2] = ["anna.berzina@example.com", "anna-4711"];
const MANY: usize = 12_000;
/// A folder of the customer.
const ROW_LOG: &str = "row-log";
/// It sees the lists of the other client alone.
const OTHER_CLIENT_API_KEY: &str = "sandbox-other-client-key";

/// Anna among others; she stands at this row.
fn people(rows: usize, anna: usize) -> String {
    let mut csv = String::from("CustomerId,Email,City,Born\n");
    for row in 0..rows {
        let (id, email) = if row == anna {
            ("anna-4711".to_owned(), ANNA.to_owned())
        } else {
            (row.to_string(), format!("person{row}@example.com"))
        };
        writeln!(csv, "{id},{email},Riga,1990-01-01").unwrap();
    }
    csv
}

async fn export(
    app: &TestApp,
    connection: &str,
    segment: &str,
    list: &str,
    more: &Value,
) -> String {
    let mut new = json!({"displayName": segment, "connectionId": connection, "listId": list, "segments": [segment],
        "mapping": {"email": "Email"}});
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    text(&app.post("/exports", &new).await, "exportId")
}

fn row_log(app: &TestApp) -> Value {
    json!({"url": app.storage_url(ROW_LOG), "payload": true})
}

/// Four exports that have run: to the newsletter with changes and a row log, and with a value that cannot be sent and a
/// duplicate; to a list of the other account, where Anna is rejected; to a third one.
async fn run_four(app: &TestApp, [one, other]: &[String; 2]) -> Vec<String> {
    let left = json!([{"email": ANNA, "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{OTHER_LIST_ID}/subscribers"), &left).await;
    app.segment("Alpha", &people(20, 3)).await;
    let odd = people(20, 4).replace("1990-01-01", "not a day");
    let twice = format!("{odd}other-1,{ANNA},Riga,1990-01-01\nother-2,{ANNA};,Riga,1990-01-01\n");
    app.segment("Beta", &twice).await;
    app.segment("Gamma", &people(20, 5)).await;
    app.segment("Delta", &people(20, 6)).await;
    let changes = json!({"sync": {"send": "changes"}});
    let logged = json!({"sync": {"send": "changes"}, "rowLog": row_log(app)});
    let born = json!({"mapping": {"email": "Email", "customFields": [{"field": "Born", "key": "birthday"}]}});
    let mut exports = vec![];
    for (connection, segment, list, more) in [
        (one, "Alpha", LIST_ID, &logged),
        (one, "Beta", LIST_ID, &born),
        (other, "Gamma", OTHER_LIST_ID, &changes),
        (one, "Delta", DOUBLE_OPT_IN_LIST_ID, &json!({})),
    ] {
        let export = export(app, connection, segment, list, more).await;
        for _ in 0..2 {
            app.ended(&app.start_run(&export).await).await;
        }
        exports.push(export);
    }
    exports
}

/// The service as a process with a log, and Anna in four exports that have run.
async fn start() -> (TestApp, [String; 2], Vec<String>) {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "2"]).await;
    let log = app.storage().parent().unwrap().join("service.log");
    app.stop_service().await;
    app.start_process_logged("debug", &log).await;
    let connections = [
        app.connection_with(CLIENT_API_KEY).await,
        app.connection_with(OTHER_CLIENT_API_KEY).await,
    ];
    let exports = run_four(&app, &connections).await;
    (app, connections, exports)
}

/// A fifth export whose run has begun: Anna is among the last whom it would send. The export, the run and the list.
async fn begin_fifth(app: &TestApp, connection: &str) -> [String; 3] {
    let list = json!({"name": "In flight", "optIn": "single", "clientId": CLIENT_ID});
    let list = text(&app.post(&format!("/connections/{connection}/lists"), &list).await, "listId");
    app.segment("Epsilon", &people(MANY, MANY - 10)).await;
    let logged = json!({"rowLog": row_log(app)});
    let export = export(app, connection, "Epsilon", &list, &logged).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 300}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;
    [export, run, list]
}

/// The files that have her, but for row logs: these are the customer's.
fn found(app: &TestApp) -> Vec<PathBuf> {
    let row_logs = app.storage().join(ROW_LOG);
    in_files(app, &SOUGHT).into_iter().filter(|path| !path.starts_with(&row_logs)).collect()
}

fn assert_counts(erased: &Value) {
    assert_eq!(removed(erased, "lists"), 3, "{erased:#}");
    assert_eq!(removed(erased, "uploads"), 7, "{erased:#}");
    assert_eq!(removed(erased, "baselines"), 4, "{erased:#}");
    assert!(removed(erased, "rejections") >= 3, "{erased:#}");
    assert!(removed(erased, "valueProblems") >= 1, "{erased:#}");
    assert!(site(erased, "database")["verifiedUtc"].is_string());
    assert_eq!(site(erased, "backups")["verifiedUtc"], Value::Null);
}

/// The row log of the first export has her, and nothing else in its folder has; the erasure names it.
fn assert_row_logs_are_named(app: &TestApp, erased: &Value, exports: &[String]) {
    let logs = in_files(app, &SOUGHT);
    let first = app.storage().join(ROW_LOG).join(&exports[0]);
    assert!(!logs.is_empty() && logs.iter().all(|path| path.starts_with(&first)), "{logs:?}");
    let (row_logs, folder) = (site(erased, "rowLogs"), app.storage_url(ROW_LOG));
    let remark = text(row_logs, "remark");
    for (export, runs) in [(&exports[0], "2 runs"), (&exports[4], "1 run")] {
        assert!(remark.contains(&format!("{folder}/{export} ({runs})")), "{remark}");
    }
    assert_eq!((&row_logs["found"], &row_logs["verifiedUtc"]), (&Value::Null, &Value::Null));
}

/// What callers read of exports, of people, of the audit and of the erasure.
async fn answers(app: &TestApp, exports: &[String], erasure: &str) -> String {
    let mut all = String::new();
    for export in exports {
        let path = format!("/exports/{export}/members");
        let members = app.request("Admin", Method::GET, &path).header("Accept", "text/csv");
        let members = members.send().await.unwrap().error_for_status().unwrap();
        let members = members.text().await.unwrap();
        assert!(members.contains("person1@"), "{export}: {members}");
        all += &members;
    }
    for who in [json!({"email": ANNA}), json!({"customerId": "anna-4711"})] {
        all += &app.post("/people/search", &who).await.to_string();
    }
    all += &app.get("/audit-events?limit=200").await.to_string();
    all += &app.get(&format!("/erasures/{erasure}/receipt")).await.to_string();
    all.to_lowercase()
}

async fn erased_everywhere(person: &Value) {
    let (mut app, connections, mut exports) = start().await;
    let [fifth, run, in_flight] = begin_fifth(&app, &connections[0]).await;
    exports.push(fifth);
    assert!(!found(&app).is_empty() && !in_sandbox(&app, &SOUGHT).await.is_empty());

    let id = erase(&app, &json!([person])).await;
    let calls = app.sandbox_says("calls").await["importCalls"].as_i64().unwrap();
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["counts"]["created"], &ended["counts"]["invalid"]),
        (&json!(MANY - 1), &json!(1)),
        "{ended}"
    );
    assert!(app.sandbox_says("calls").await["importCalls"].as_i64().unwrap() > calls, "it went on");
    let erased = completed(&app, &id).await;

    assert_counts(&erased);
    for list in [LIST_ID, DOUBLE_OPT_IN_LIST_ID, OTHER_LIST_ID] {
        assert_eq!(subscriber(&app, list, ANNA).await, "Deleted", "{list}");
    }
    assert_eq!(subscriber(&app, &in_flight, ANNA).await, Value::Null, "she was never sent there");
    assert_eq!(in_sandbox(&app, &SOUGHT).await, Vec::<String>::new());
    assert_eq!(found(&app), Vec::<PathBuf>::new(), "{erased:#}");
    assert_row_logs_are_named(&app, &erased, &exports);
    assert_eq!(in_tables(&app, &SOUGHT).await, Vec::<String>::new());
    assert_eq!(left_in_rejections(&app).await, Vec::<String>::new());
    let answers = answers(&app, &exports, &id).await;
    assert!(SOUGHT.iter().all(|text| !answers.contains(text)), "{answers}");
    app.kill_process().await;
    assert_eq!(found(&app), Vec::<PathBuf>::new(), "nor after a crash");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_in_five_exports_is_erased_by_address_and_found_only_where_the_receipt_says() {
    erased_everywhere(&json!({"email": "anna.berzina@example.com"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_in_five_exports_is_erased_by_id_and_found_only_where_the_receipt_says() {
    erased_everywhere(&json!({"customerId": "anna-4711"})).await;
}
