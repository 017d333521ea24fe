//! Bodies that are wrong: the answer names the place, and never repeats what was sent.

use reqwest::{Method, Response};
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

async fn send(app: &TestApp, method: Method, path: &str, body: &Value) -> Response {
    app.request("Admin", method, path).json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_wrong_place_is_refused_without_being_repeated() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    let connection = |credentials: Value| {
        json!({"displayName": "New", "type": "campaignMonitor", "consent": {"agreed": true},
            "credentials": credentials})
    };
    let secret = "s3cret-7919";
    let wrong = [
        (json!(secret), "/credentials"),
        (json!({"kind": secret, "apiKey": "sandbox-account-key"}), "/credentials/kind"),
        (json!({"kind": "apiKey", "apiKey": 79_197_919}), "/credentials/apiKey"),
        (json!({"kind": "apiKey", "apiKey": [secret]}), "/credentials/apiKey"),
        (json!({"kind": "apiKey", "apiKey": format!("{secret} \u{1}")}), "/credentials/apiKey"),
    ];
    for (credentials, pointer) in wrong {
        let calls = [
            (Method::POST, "/connections".to_owned(), connection(credentials.clone()), pointer),
            (
                Method::PUT,
                format!("{path}/credentials"),
                credentials,
                &pointer["/credentials".len()..],
            ),
        ];
        for (method, path, body, pointer) in calls {
            let problem = refused(send(&app, method, &path, &body).await, 400).await;
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
            assert!(!problem.to_string().contains("7919"), "{problem}");
        }
    }
}

async fn is_refused(app: &TestApp, method: Method, path: &str, body: Value, at: &str, code: &str) {
    let problem = refused(send(app, method, path, &body).await, 400).await;
    let error = &problem["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!(at), &json!(code)), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_inside_a_source_is_named_where_it_stands() {
    let app = TestApp::start().await;
    let url = app.storage_url("crm");
    let csv = |csv: Value| json!({"kind": "files", "url": url, "format": "csv", "csv": csv});
    for (source, pointer, code) in [
        (json!({"kind": "upload", "colour": 1}), "/source/colour", "unknownMember"),
        (json!({"kind": "upload", "url": url}), "/source/url", "unknownMember"),
        (csv(json!({"separator": ";"})), "/source/csv/separator", "unknownMember"),
        (csv(json!({"delimiter": ";;"})), "/source/csv/delimiter", "invalid"),
        (json!({"kind": "files", "url": url}), "/source/format", "missing"),
        (json!({"kind": "files", "url": null}), "/source/url", "wrongType"),
        (
            json!({"kind": "table", "dataSource": "crm", "table": "t", "entity": "e"}),
            "/source/entity",
            "unknownMember",
        ),
        (json!({"kind": "cloud"}), "/source/kind", "invalid"),
        (json!({"url": url}), "/source/kind", "missing"),
    ] {
        let body = json!({"displayName": "New", "source": source});
        is_refused(&app, Method::PUT, "/segments/New", body, pointer, code).await;
    }
    let body = json!({"displayName": "New", "source": csv(Value::Null)});
    let answer = send(&app, Method::PUT, "/segments/New", &body).await;
    assert_eq!(refused(answer, 422).await["errors"][0]["code"], "unreadableSource");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_inside_a_mapping_is_named_where_it_stands() {
    let app = TestApp::start().await;
    let path = format!("/exports/{}", app.export_of(1).await);
    let (name, consent) = ("name", "consentToTrack");
    for (member, value, below, code) in [
        (
            name,
            json!({"first": "City", "last": "City", "middle": "City"}),
            "/middle",
            "unknownMember",
        ),
        (name, json!({"first": "City"}), "/last", "missing"),
        (name, json!({"first": 1, "last": "City"}), "/first", "wrongType"),
        (name, json!(1), "", "wrongType"),
        (name, json!(""), "", "invalid"),
        (consent, json!("perhaps"), "", "invalid"),
        (consent, json!({"fields": "City"}), "/fields", "unknownMember"),
        ("colour", json!(1), "", "unknownMember"),
    ] {
        let body = json!({"mapping": {"email": "Email", member: value}});
        let pointer = format!("/mapping/{member}{below}");
        is_refused(&app, Method::PATCH, &path, body, &pointer, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_fields_are_at_most_a_hundred_and_each_is_filled_once() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let (connected, pending) = (app.connection().await, app.pending_connection().await);
    let export = |connection: &str, keys: &[String]| {
        let fields: Vec<_> = keys.iter().map(|key| json!({"field": "City", "key": key})).collect();
        json!({"displayName": "New", "connectionId": connection, "listId": LIST_ID, "segments": ["People"],
            "mapping": {"email": "Email", "customFields": fields}})
    };
    let many: Vec<_> = (0..101).map(|n| format!("field{n}")).collect();
    let twice = ["city", "[CITY]"].map(str::to_owned);
    for connection in [&connected, &pending] {
        for (keys, pointer, code) in [
            (many.as_slice(), "/mapping/customFields", "tooMany"),
            (twice.as_slice(), "/mapping/customFields/1/key", "repeatedCustomField"),
        ] {
            let answer = send(&app, Method::POST, "/exports", &export(connection, keys)).await;
            let error = &refused(answer, 422).await["errors"][0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)));
        }
    }
    good(send(&app, Method::POST, "/exports", &export(&pending, &many[..100])).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_duplicated_without_a_body_too() {
    let app = TestApp::start().await;
    let path = format!("/exports/{}/duplicate", app.export_of(1).await);
    let without = app.request("Admin", Method::POST, &path).send().await.unwrap();
    assert_eq!(good(without).await["displayName"], "Copy of People to newsletter");
    good(send(&app, Method::POST, &path, &Value::Null).await).await;
    let named = send(&app, Method::POST, &path, &json!({"displayName": "Other"})).await;
    assert_eq!(text(&good(named).await, "displayName"), "Other");
    let words = app.request("Admin", Method::POST, &path).body("Other").send().await.unwrap();
    refused(words, 415).await;
    refused(send(&app, Method::POST, &path, &json!({"name": "Other"})).await, 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_cannot_be_put_under_what_is_no_name_and_the_rule_is_said() {
    let app = TestApp::start().await;
    let body = json!({"displayName": "New"});
    for name in ["High%20Value", "x.y", "1x", "ä", "%00", &"x".repeat(300)] {
        let path = format!("/segments/{name}");
        let problem = refused(send(&app, Method::PUT, &path, &body).await, 400).await;
        assert_eq!(problem["errorCode"], "invalidRequest");
        let rule = "a segment name is a letter, then up to 99 letters, digits, _ or -.";
        assert!(text(&problem, "detail").ends_with(rule), "{problem}");
        for method in [Method::GET, Method::DELETE] {
            refused(send(&app, method, &path, &body).await, 404).await;
        }
    }
    assert_eq!(app.get("/segments").await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_cannot_be_taken_away_is_not_changed_to_null() {
    let app = TestApp::start().await;
    let export = app.export_of(1).await;
    let (export, connection) = {
        let path = format!("/exports/{export}");
        let connection = text(&app.get(&path).await, "connectionId");
        (path, format!("/connections/{connection}"))
    };
    let of_export = ["displayName", "listId", "segments", "mapping", "options", "schedule"];
    for (path, members) in
        [(&export, &of_export[..]), (&connection, &["displayName", "allowedRoles"])]
    {
        let before = app.get(path).await;
        for member in members {
            let (body, at) = (json!({*member: null}), format!("/{member}"));
            is_refused(&app, Method::PATCH, path, body, &at, "wrongType").await;
        }
        assert_eq!(app.get(path).await, before, "nothing was changed");
    }
    let detached = send(&app, Method::PATCH, &export, &json!({"connectionId": null})).await;
    assert_eq!(good(detached).await["connectionId"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_body_is_called_empty_and_a_packed_one_packed() {
    let app = TestApp::start().await;
    let post = || app.request("Admin", Method::POST, "/connections");
    for nothing in ["", " \n"] {
        let call = post().header("Content-Type", "application/json").body(nothing);
        let problem = refused(call.send().await.unwrap(), 400).await;
        assert_eq!(problem["detail"], "The body is empty. Send a JSON object.");
    }
    let packed = post().header("Content-Encoding", "gzip").json(&json!({}));
    let problem = refused(packed.send().await.unwrap(), 415).await;
    assert_eq!(problem["errorCode"], "unsupportedMediaType");
    assert!(text(&problem, "detail").contains("`Content-Encoding: gzip`"), "{problem}");
    let plain = post().header("Content-Encoding", "identity").json(&json!({"colour": 1}));
    let problem = refused(plain.send().await.unwrap(), 400).await;
    assert_eq!(problem["errors"][0]["pointer"], "/colour", "it was read: {problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_very_many_items_is_refused_by_its_length() {
    let app = TestApp::start().await;
    let export = format!("/exports/{}", app.export_of(1).await);
    let cron = json!({"kind": "custom", "timezone": "UTC", "cron": vec!["0 6 * * *"; 80_000]});
    let field = json!({"field": "City", "key": "city"});
    let times = json!({"active": true, "recurrence": "daily", "timezone": "UTC",
        "times": vec!["06:00"; 80_000]});
    let ids = json!({"exportIds": vec!["0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47"; 20_000],
        "mode": "keepIndividual", "active": false});
    for (method, path, body, status, pointer) in [
        (Method::PUT, &*format!("{export}/schedule"), cron.clone(), 422, "/cron"),
        (Method::PATCH, &export, json!({"schedule": cron}), 422, "/schedule/cron"),
        (
            Method::PATCH,
            &export,
            json!({"mapping": {"customFields": vec![field; 20_000]}}),
            422,
            "/mapping/customFields",
        ),
        (
            Method::PATCH,
            &export,
            json!({"mapping": {"nullWords": vec!["a"; 80_000]}}),
            400,
            "/mapping/nullWords",
        ),
        (Method::PATCH, &export, json!({"segments": vec!["People"; 80_000]}), 400, "/segments"),
        (Method::PUT, "/schedule", times, 422, "/times"),
        (Method::POST, "/schedules", ids, 422, "/exportIds"),
    ] {
        let problem = refused(send(&app, method, path, &body).await, status).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(problem.to_string().len() < 2000, "{pointer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_the_document_says_is_refused_by_its_member() {
    let app = TestApp::start().await;
    let test = format!("/exports/{}/test", app.export_of(1).await);
    let body = json!({"customerId": "1".repeat(1001)});
    let problem = refused(send(&app, Method::POST, &test, &body).await, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/customerId", "{problem}");
    let files = |url: String| json!({"kind": "files", "format": "csv", "url": url});
    for (source, pointer) in [
        (files(app.storage_url(&"/a".repeat(8000))), "/source/url"),
        (files(app.storage_url(&"/a".repeat(100))), "/source/url"),
        (files(app.storage_url("a\0.csv")), "/source/url"),
        (
            json!({"kind": "files", "format": "csv", "url": app.storage_url("a.csv"),
                "csv": {"header": false, "columns": ["CustomerId", "a".repeat(201)]}}),
            "/source/csv/columns",
        ),
        (
            json!({"kind": "customerInsights", "url": app.storage_url("ci"), "entity": "E\0"}),
            "/source/entity",
        ),
        (json!({"kind": "table", "dataSource": "crm", "table": "t".repeat(64)}), "/source/table"),
    ] {
        let body = json!({"displayName": "People", "source": source});
        let problem = refused(send(&app, Method::PUT, "/segments/Odd", &body).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}
