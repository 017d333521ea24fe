//! The codes by which programs tell refusals apart: each is met in a test.

use std::path::Path;

use reqwest::{Method, Response};
use segment_export::http::problem::ProblemKind;
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use segment_export::sql;
use serde_json::{Value, json};

use crate::support::{TestApp, people, refused, text};

const UNKNOWN_LIST: &str = "0123456789abcdef0123456789abcdef";

async fn send(app: &TestApp, method: Method, path: &str, body: &Value) -> Response {
    app.request("Admin", method, path).json(body).send().await.unwrap()
}

fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        if path.is_dir() { sources(&path) } else { std::fs::read_to_string(path).unwrap() }
    };
    entries.map(read).collect()
}

#[test]
fn every_kind_of_problem_is_met_in_a_test() {
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"));
    for kind in ProblemKind::ALL {
        assert!(tests.contains(&format!("\"{}\"", kind.code())), "{}", kind.code());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_or_fit_in_an_export_is_named_by_its_place_and_code() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let export = |member: &str, value: Value| {
        let mut new = json!({"displayName": "New", "connectionId": connection, "listId": LIST_ID,
            "segments": ["People"], "mapping": {"email": "Email"}});
        new[member] = value;
        new
    };
    let mapping = |key: &str, field: &str| {
        json!({"email": "Email", "customFields": [{"field": "City", "key": "city"},
        {"field": field, "key": key}]})
    };
    for (status, body, pointer, code) in [
        (422, export("listId", json!(UNKNOWN_LIST)), "/listId", "unknownList"),
        (400, export("listId", json!("a58ee1d3")), "/listId", "invalid"),
        (400, export("listId", json!(LIST_ID.replace('a', "g"))), "/listId", "invalid"),
        (
            422,
            export("mapping", mapping("moon", "City")),
            "/mapping/customFields/1/key",
            "unknownCustomField",
        ),
        (
            422,
            export("mapping", mapping("City", "City")),
            "/mapping/customFields/1/key",
            "repeatedCustomField",
        ),
        (
            422,
            export("mapping", mapping("moon", "Moon")),
            "/mapping/customFields/1/field",
            "unknownField",
        ),
        (422, export("segments", json!(["People", "Nobody"])), "/segments/1", "unknownSegment"),
        (400, export("segments", json!(["People", "People"])), "/segments", "invalid"),
        (400, export("segments", json!([])), "/segments", "invalid"),
        (422, export("connectionId", json!(app.instance)), "/connectionId", "unknownConnection"),
        (400, export("connectionId", json!("mine")), "/connectionId", "invalid"),
    ] {
        let problem = refused(send(&app, Method::POST, "/exports", &body).await, status).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
    }
    for list in [UNKNOWN_LIST, "a58ee1d3"] {
        let path = format!("/connections/{connection}/lists/{list}");
        let answer = app.request("Admin", Method::GET, &path).send().await.unwrap();
        assert_eq!(refused(answer, 404).await["errorCode"], "notFound");
    }
    assert_eq!(app.get("/exports").await["items"], json!([]), "nothing was made");
    let upper = export("listId", json!(DOUBLE_OPT_IN_LIST_ID.to_uppercase()));
    let upper = send(&app, Method::POST, "/exports", &upper).await;
    assert_eq!(upper.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_are_a_matter_of_the_user_wherever_they_are_met() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    for call in ["lists", "list", "preview"] {
        app.faults(&json!([])).await;
        let connection = app.connection().await;
        let (method, path) = match call {
            "lists" => (Method::GET, format!("/connections/{connection}/lists")),
            "list" => (Method::GET, format!("/connections/{connection}/lists/{LIST_ID}")),
            _ => (Method::POST, format!("/exports/{}/preview", app.export(&connection).await)),
        };
        let key = json!({"status": {"status": 401, "code": 100}});
        app.faults(&json!([{"kind": key}])).await;
        for status in ["connected", "needsAttention"] {
            let at = format!("/connections/{connection}");
            assert_eq!(app.get(&at).await["status"], status, "{call}");
            let answer = app.request("Admin", method.clone(), &path).send().await.unwrap();
            let problem = refused(answer, 409).await;
            let told = (&problem["errorCode"], &problem["culprit"]);
            assert_eq!(told, (&json!("connectionNotConnected"), &json!("user")), "{call}");
            assert!(
                text(&problem, "detail").to_lowercase().contains("campaign monitor rejects"),
                "{problem}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_saved_also_when_its_saving_finds_that_the_credentials_are_refused() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let new = json!({"displayName": "New", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": {"email": "Email"}});
    app.faults(&json!([{"kind": {"status": {"status": 401, "code": 100}}}])).await;

    let saved = app.post("/exports", &new).await;

    for saved in [saved, app.post("/exports", &new).await] {
        let warning = &saved["warnings"][0];
        assert_eq!(warning["code"], "connectionNotConnected", "{saved}");
        assert!(
            text(warning, "message").starts_with("Campaign Monitor rejects the credentials"),
            "{saved}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_name_belongs_to_one_connection_of_an_instance() {
    let app = TestApp::start().await;
    let (first, second) = (app.connection().await, app.connection().await);
    let name = text(&app.get(&format!("/connections/{first}")).await, "displayName");
    let new = json!({"displayName": name, "type": "campaignMonitor", "consent": {"agreed": true}});
    let path = format!("/connections/{second}");
    for (method, path, body) in [
        (Method::POST, "/connections", new),
        (Method::PATCH, path.as_str(), json!({"displayName": format!(" {name} ")})),
    ] {
        let problem = refused(send(&app, method, path, &body).await, 409).await;
        assert_eq!(problem["errorCode"], "nameTaken", "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_of_the_wrong_type_is_refused() {
    let app = TestApp::start_with(&["--max-body-bytes", "1000"]).await;
    app.segment("People", &people(1)).await;
    let name = "x".repeat(1000);
    let large = send(&app, Method::POST, "/connections", &json!({"displayName": name})).await;
    let large = refused(large, 413).await;
    assert_eq!(large["errorCode"], "tooLarge");
    for part in ["1000 bytes", "--max-body-bytes", "SEGMENT_EXPORT_MAX_BODY_BYTES"] {
        assert!(text(&large, "detail").contains(part), "{large}");
    }
    let chunks = [name.clone(), name].map(Ok::<_, std::io::Error>);
    let streamed = app
        .request("Admin", Method::POST, "/connections")
        .header("Content-Type", "application/json")
        .body(reqwest::Body::wrap_stream(futures::stream::iter(chunks)));
    assert_eq!(refused(streamed.send().await.unwrap(), 413).await["errorCode"], "tooLarge");

    let words = app.request("Admin", Method::POST, "/connections").body("x").send().await.unwrap();
    assert_eq!(refused(words, 415).await["errorCode"], "unsupportedMediaType");
    let words = app.upload("People", "text/plain", "x").await;
    assert_eq!(refused(words, 415).await["errorCode"], "unsupportedMediaType");
    let broken = app.upload("People", "text/csv", "CustomerId,Email\n1,a,b\n").await;
    assert_eq!(refused(broken, 400).await["errorCode"], "invalidMembers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_list_comes_in_the_forms_that_are_offered_and_no_other() {
    let app = TestApp::start().await;
    let run = app.start_run(&app.export_of(1).await).await;
    app.ended(&run).await;
    let of_run = ["rejections", "value-problems"].map(|list| format!("/runs/{run}/{list}"));
    for path in of_run.into_iter().chain(["/audit-events".to_owned()]) {
        let ask = async |accept: &str| {
            let request = app.request("Admin", Method::GET, &path).header("Accept", accept);
            request.send().await.unwrap()
        };
        let problem = refused(ask("image/png, application/xml").await, 406).await;
        assert_eq!(problem["errorCode"], "notAcceptable");
        assert!(text(&problem, "detail").contains("text/csv"), "{problem}");
        for accept in ["application/json", "text/csv", "application/x-ndjson", "image/png, */*"] {
            assert_eq!(ask(accept).await.status(), 200, "{path} as {accept}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_says_so_and_shows_nothing_of_it() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let export = app.export_of(1).await;
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE exports SET mapping = $1")
            .bind(sqlx::types::Json(json!({"email": {"broken": "7919"}})))
            .execute(db)
            .await
            .unwrap();
    });
    tx.commit().await.unwrap();
    let path = format!("/exports/{export}");
    let problem =
        refused(app.request("Admin", Method::GET, &path).send().await.unwrap(), 500).await;
    assert_eq!(
        (&problem["errorCode"], &problem["culprit"]),
        (&json!("internal"), &json!("system"))
    );
    assert!(!problem.to_string().contains("mapping"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_is_told_the_next_step() {
    let app = TestApp::start().await;
    let members = app.upload("People", "text/csv", people(1)).await;
    let detail = text(&refused(members, 404).await, "detail");
    assert!(detail.contains("Register it first, with `PUT /segments/{name}`"), "{detail}");

    let path = format!("v1/instances/{}/exports", app.instance);
    let twice = format!("Bearer Bearer {}", app.token("Admin"));
    let call = app.anonymous(Method::GET, &path).header("Authorization", twice);
    let detail = text(&refused(call.send().await.unwrap(), 401).await, "detail");
    assert!(detail.contains("the word Bearer twice"), "{detail}");

    app.put("/segments/Hollow", &json!({"displayName": "Hollow"})).await;
    let export = |segments: &[&str]| {
        json!({"displayName": "New", "connectionId": uuid::Uuid::nil(), "listId": LIST_ID,
            "segments": segments, "mapping": {"email": "Mail"}})
    };
    let unknown = send(&app, Method::POST, "/exports", &export(&["Newcomers"])).await;
    let detail = text(&refused(unknown, 422).await, "detail");
    assert!(detail.contains("“Newcomers”. Register it, or correct the name."), "{detail}");
    let twice = send(&app, Method::POST, "/exports", &export(&["Hollow", "Hollow"])).await;
    let detail = text(&refused(twice, 400).await, "detail");
    assert!(detail.contains("the segment “Hollow” is named twice"), "{detail}");

    let connection = app.connection().await;
    let mut hollow = export(&["Hollow"]);
    hollow["connectionId"] = json!(connection);
    let saved = app.post("/exports", &hollow).await;
    assert_eq!(saved["warnings"][0]["code"], "segmentWithoutMembers", "{saved}");
    assert!(text(&saved["warnings"][0], "message").contains("“Hollow”"), "{saved}");
}
