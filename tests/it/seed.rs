//! What the product's page says, sentence by sentence: `docs/SEED.md` names the addresses and the tests that make it
//! true here, and the comment of each of these tests quotes its sentence. Tests of sentences that belong nowhere else.

use std::path::Path;

use reqwest::{Method, Response};
use segment_export::sandbox::{API_KEY, LIST_ID};
use segment_export::sql;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

const PAGE: &str = include_str!("../../docs/SEED.md");

/// A sentence of the page, and what makes it true.
struct Row {
    sentence: &'static str,
    calls: Vec<&'static str>,
    tests: Vec<&'static str>,
}

/// What stands between these two, each time.
fn between(text: &'static str, begin: char, end: char) -> Vec<&'static str> {
    let pieces = text.split(begin).skip(1);
    pieces.filter_map(|piece| piece.split_once(end)).map(|(inside, _)| inside).collect()
}

/// The rows of all tables that begin with a quotation.
fn rows() -> Vec<Row> {
    let lines = PAGE.lines().filter(|line| line.starts_with("| “"));
    let rows = lines.map(|line| {
        let parts: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [sentence, calls, tests] = parts.as_slice() else { panic!("{line}") };
        let named = |cell: &'static str| cell.split('`').skip(1).step_by(2).collect();
        let sentence = between(sentence, '“', '”')[0];
        Row { sentence, calls: named(calls), tests: named(tests) }
    });
    rows.collect()
}

/// The comment above a test.
fn comment(test: &str) -> String {
    let (module, name) = test.rsplit_once("::").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let file = folder.join(module.replace("::", "/")).with_extension("rs");
    let source = std::fs::read_to_string(file).unwrap();
    let (before, _) = source
        .split_once(&format!("fn {name}("))
        .unwrap_or_else(|| panic!("there is no test {test}"));
    let (_, above) = before.rsplit_once("\n\n").unwrap();
    let lines = above.lines().filter_map(|line| line.strip_prefix("///"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_address_on_the_page_is_in_the_openapi_document() {
    let document = serde_json::to_value(segment_export::server::document()).unwrap();
    for row in rows() {
        assert!(!row.calls.is_empty(), "{}", row.sentence);
        for call in row.calls {
            let (method, path) = call.split_once(' ').unwrap();
            let path = format!("/v1/instances/{{instanceId}}{path}");
            assert!(document["paths"][path][method.to_lowercase()].is_object(), "{call}");
        }
    }
}

#[test]
fn every_sentence_of_the_page_is_quoted_by_the_tests_that_show_it() {
    let rows = rows();
    assert_eq!(rows.len(), 39, "the page has so many sentences");
    for Row { sentence, tests, .. } in rows {
        assert!(!tests.is_empty(), "{sentence}");
        for test in tests {
            let comment = comment(test);
            assert!(comment.contains(&format!("“{sentence}”")), "{test} quotes {comment:?}");
        }
    }
}

async fn create(app: &TestApp, new: &Value) -> Response {
    app.request("Admin", Method::POST, "/connections").json(new).send().await.unwrap()
}

/// “Select Add connection and choose Campaign Monitor to configure the connection.”
/// “Give your connection a recognizable name in the Display name field.”
/// “We recommend choosing a name that explains the purpose and target of the connection.”
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_a_type_and_a_name_long_enough_to_explain_it_that_no_other_has() {
    let app = TestApp::start().await;
    let name = format!("Jaunumi: pavasara izpārdošana → Campaign Monitor, {}", "ē".repeat(150));
    assert_eq!(name.chars().count(), 200);
    let new = |name: &str, kind: &str| json!({"displayName": name, "type": kind, "consent": {"agreed": true}});
    let made = good(create(&app, &new(&name, "campaignMonitor")).await).await;
    let seen = app.get(&format!("/connections/{}", text(&made, "connectionId"))).await;
    assert_eq!((&seen["displayName"], &seen["type"]), (&json!(name), &json!("campaignMonitor")));

    refused(create(&app, &new(&name, "campaignMonitor")).await, 409).await;
    for (name, kind, pointer) in [
        ("Parcels", "mailchimp", "/type"),
        ("", "campaignMonitor", "/displayName"),
        (&format!("{name}!"), "campaignMonitor", "/displayName"),
    ] {
        let problem = refused(create(&app, &new(name, kind)).await, 400).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

/// “Enter your Campaign Monitor List ID.”
/// “Generate the API key from Account Settings in Campaign Monitor first to view the API list ID.”
#[tokio::test(flavor = "multi_thread")]
async fn the_ids_of_the_lists_are_shown_once_there_is_a_key_and_an_export_takes_one_of_them() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.pending_connection().await;
    let lists = format!("/connections/{connection}/lists");
    let without = app.request("Admin", Method::GET, &lists).send().await.unwrap();
    assert_eq!(refused(without, 409).await["errorCode"], "connectionNotConnected");

    let key = json!({"kind": "apiKey", "apiKey": API_KEY});
    app.put(&format!("/connections/{connection}/credentials"), &key).await;
    app.put(&format!("/connections/{connection}/export-user"), &json!({})).await;
    let shown = app.get(&lists).await;
    let lists = shown["clients"].as_array().unwrap().iter();
    let mut lists = lists.flat_map(|client| client["lists"].as_array().unwrap());
    assert!(lists.any(|list| text(list, "listId") == LIST_ID), "{shown}");

    let save = async |list: &str| {
        let new = json!({"displayName": "People", "connectionId": connection, "listId": list,
            "segments": ["People"], "mapping": {"email": "Email"}});
        app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap()
    };
    good(save(LIST_ID).await).await;
    for (list, status) in [("0123456789abcdef0123456789abcdef", 422), ("Newsletter", 400)] {
        let problem = refused(save(list).await, status).await;
        assert_eq!(problem["errors"][0]["pointer"], "/listId", "{problem}");
    }
}

/// Says that a segment has so many members, without making them.
async fn pretend(app: &TestApp, segment: &str, members: i64) {
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE segments SET member_count = $2 WHERE name = $1")
            .bind(segment)
            .bind(members)
            .execute(db)
            .await
            .map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();
}

/// “You can export up to 1 million profiles per export to Campaign Monitor.”
#[tokio::test(flavor = "multi_thread")]
async fn a_million_profiles_are_the_most_of_an_export_unless_a_setting_says_otherwise() {
    let app = TestApp::start().await;
    assert_eq!(app.app().config.limits.max_profiles_per_export, 1_000_000);
    let export = app.export_of(1).await;
    let path = format!("/exports/{export}");
    pretend(&app, "People", 1_000_000).await;
    assert_eq!(app.get(&path).await["warnings"], json!([]));

    pretend(&app, "People", 1_000_001).await;

    let rename = app.request("Admin", Method::PATCH, &path).json(&json!({"displayName": "Many"}));
    let warning = good(rename.send().await.unwrap()).await["warnings"][0].clone();
    assert_eq!(warning["code"], "profileLimitExceeded");
    let words = "The segments hold 1000001 profiles; an export may have 1000000.";
    assert!(text(&warning, "message").contains(words), "{warning}");
}

/// “Exporting up to 1 million profiles to Campaign Monitor can take up to 20 minutes to complete.”
#[tokio::test(flavor = "multi_thread")]
async fn a_million_profiles_are_expected_to_take_less_than_twenty_minutes() {
    let app = TestApp::start().await;
    let export = app.export_of(8_000).await;
    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    assert_eq!((&preview["selected"], &preview["calls"]), (&json!(8_000), &json!(8)));
    let seconds_of_a_million = preview["estimatedSeconds"].as_i64().unwrap() * 125;
    assert!((1..20 * 60).contains(&seconds_of_a_million), "{preview}");
}

/// “When you enable Dynamics 365 Customer Insights to transmit data to Campaign Monitor, you allow transfer of data
/// outside of the compliance boundary for Dynamics 365 Customer Insights, including potentially sensitive data such as
/// Personal Data.”
/// “Microsoft will transfer such data at your instruction, but you are responsible for ensuring that Campaign Monitor
/// meets any privacy or security obligations you may have.”
/// “For more information, see Microsoft Privacy Statement.”
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_connected_before_somebody_agrees_to_a_text_that_says_what_leaves_and_who_is_responsible()
 {
    let app = TestApp::start().await;
    let new = json!({"displayName": "Newsletter", "type": "campaignMonitor"});
    assert_eq!(refused(create(&app, &new).await, 422).await["errorCode"], "consentRequired");
    assert_eq!(app.get("/connections").await["items"], json!([]));

    let agreed = app.get(&format!("/connections/{}", app.connection().await)).await;

    let page = include_str!("../../docs/CONSENT.md");
    let version = text(&agreed["consent"], "textVersion");
    assert!(page.contains(&format!("Version {version}.")), "the text that was agreed to");
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "you allow the transfer of data, potentially sensitive personal data among it, out of the compliance boundary",
        "Data is sent at your instruction.",
        "You are responsible that Campaign Monitor meets the privacy and security obligations you have",
    ] {
        assert!(words.contains(part), "{part}");
    }
}
