//! Uploads and registrations: how they come in, how many at a time, and for how long.

use reqwest::Method;
use segment_export::sample::Sample;
use segment_export::storage::Media;
use serde_json::json;

use crate::orphans::{begun_body, kept};
use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_of_ndjson_is_taken_in_with_its_types_and_refused_by_line() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let media = "application/x-ndjson";
    let lines = "{\"CustomerId\":\"1\",\"Email\":\"ann@example.com\",\"Points\":7}\n\
        {\"CustomerId\":2,\"City\":\"R\u{12b}ga\"}\n";

    let segment = good(app.upload("People", media, lines.to_owned()).await).await;
    assert_eq!(segment["memberCount"], 2);
    let points =
        segment["fields"].as_array().unwrap().iter().find(|field| field["name"] == "Points");
    assert_eq!(points.unwrap()["type"], "number");
    let members = app.get("/segments/People/members").await;
    assert_eq!(
        (&members["items"][0]["Points"], &members["items"][1]["City"]),
        (&json!("7"), &json!("R\u{12b}ga"))
    );

    let again = lines.to_owned() + "{\"CustomerId\":\"1\"}\n";
    let problem = refused(app.upload("People", media, again).await, 400).await;
    assert!(text(&problem, "detail").starts_with("line 3: duplicate CustomerId"), "{problem}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 2);
}

/// Uploads without members, in every format.
fn nothing() -> Vec<(&'static str, Vec<u8>)> {
    let mut parquet = Vec::new();
    Sample { rows: 0, seed: 1 }.write(Media::Parquet, &mut parquet).unwrap();
    vec![
        ("text/csv", b"CustomerId,Email,City\n".to_vec()),
        ("application/x-ndjson", vec![]),
        ("application/x-ndjson", b" \n\n".to_vec()),
        ("application/vnd.apache.parquet", parquet),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_any_member_is_refused_in_every_format_and_the_members_stay() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    let before = app.get("/segments/People").await;
    for (media, nothing) in nothing() {
        let problem = refused(app.upload("People", media, nothing).await, 400).await;
        assert_eq!(problem["errorCode"], "invalidMembers", "{problem}");
        assert!(text(&problem, "detail").contains("`?allowEmpty=true`"), "{problem}");
    }
    assert_eq!(app.get("/segments/People").await, before);
    assert_eq!(kept(&app).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_any_member_replaces_the_members_when_the_caller_says_so() {
    let app = TestApp::start().await;
    let export = app.export_of(3).await;
    for (media, nothing) in nothing() {
        app.segment("People", &people(3)).await;
        let call = app.request("Admin", Method::PUT, "/segments/People/members?allowEmpty=true");
        let call = call.header("Content-Type", media).body(nothing);

        let segment = good(call.send().await.unwrap()).await;

        assert_eq!((&segment["memberCount"], &segment["state"]), (&json!(0), &json!("active")));
        assert!(kept(&app).is_empty(), "{media}");
        assert_eq!(app.get("/segments/People/members").await["items"], json!([]));
        if media != "application/vnd.apache.parquet" {
            let run = app.ended(&app.start_run(&export).await).await;
            assert_eq!(
                (&run["status"], &run["counts"]["selected"]),
                (&json!("successful"), &json!(0))
            );
        }
    }
    let call = app.request("Admin", Method::PUT, "/segments/People/members?allowEmpty=maybe");
    let call = call.header("Content-Type", "text/csv").body(people(1));
    let problem = refused(call.send().await.unwrap(), 400).await;
    assert!(text(&problem, "detail").contains("allowEmpty"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_only_a_part_replaces_nothing() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    let before = app.get("/segments/People").await;
    let part = async |path: &str, media: &str, body: String| {
        let call = app.request("Admin", Method::PUT, path).header("Content-Type", media);
        let call = call.header("Content-Range", "bytes 0-99/1000").body(body);
        refused(call.send().await.unwrap(), 400).await
    };
    let rename = json!({"displayName": "Part"}).to_string();
    for problem in [
        part("/segments/People/members", "text/csv", people(2)).await,
        part("/segments/People", "application/json", rename).await,
    ] {
        assert_eq!(problem["errorCode"], "invalidRequest", "{problem}");
        let detail = text(&problem, "detail");
        assert!(detail.contains("`Content-Range`") && detail.contains("one body"), "{problem}");
    }
    assert_eq!(app.get("/segments/People").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_comes_packed_is_refused_by_the_name_of_the_packing() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let upload = async |encoding: &str| {
        let request = app.request("Admin", Method::PUT, "/segments/People/members");
        let request = request.header("Content-Type", "text/csv").body(people(3));
        request.header("Content-Encoding", encoding).send().await.unwrap()
    };

    let problem = refused(upload("br").await, 415).await;

    assert_eq!(problem["errorCode"], "unsupportedMediaType");
    assert!(text(&problem, "detail").contains("`Content-Encoding: br`"), "{problem}");
    good(upload("Identity").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_beyond_the_setting_are_told_to_come_back() {
    let app = TestApp::start_with(&["--roles", "api", "--max-uploads", "1"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let slow = app
        .request("Admin", Method::PUT, "/segments/People/members")
        .header("Content-Type", "text/csv");
    let slow = begun_body(slow).await;

    let busy = app.upload("People", "text/csv", people(3)).await;
    assert!(busy.headers().contains_key("retry-after"));
    assert_eq!(refused(busy, 429).await["errorCode"], "tooManyRequests");

    drop(slow.rest);
    good(slow.answer.await.unwrap().unwrap()).await;
    good(app.upload("People", "text/csv", people(3)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_idle_slow_or_endless_is_ended_and_the_members_stay() {
    for (settings, words) in [
        (["--upload-idle-ms", "200"].as_slice(), "sent no data for 0.2 s"),
        (
            &["--min-upload-bytes-per-second", "1000000000", "--upload-grace-ms", "200"],
            "sent less than 1000000000 bytes a second",
        ),
        (&["--upload-timeout-ms", "2000"], "took longer than 2 s"),
    ] {
        let app = TestApp::start_with(&[&["--roles", "api"], settings].concat()).await;
        app.segment("People", &people(3)).await;
        let slow = app
            .request("Admin", Method::PUT, "/segments/People/members")
            .header("Content-Type", "text/csv");
        let slow = begun_body(slow).await;

        let problem = refused(slow.answer.await.unwrap().unwrap(), 408).await;

        assert_eq!(problem["errorCode"], "requestTimeout");
        assert!(text(&problem, "detail").contains(words), "{problem}");
        assert_eq!(app.get("/segments/People").await["memberCount"], 3);
        drop(slow.rest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_has_its_time_and_its_number() {
    for (setting, value, status, code) in [
        ("--max-registrations", "0", 429, "tooManyRequests"),
        ("--registration-timeout-ms", "1", 503, "registrationTooLong"),
    ] {
        let app = TestApp::start_with(&["--roles", "api", setting, value]).await;
        std::fs::write(app.storage().join("part.csv"), people(200_000)).unwrap();
        let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
        let segment = json!({"displayName": "People", "source": source});
        let call = app.request("Admin", Method::PUT, "/segments/People").json(&segment);
        let problem = refused(call.send().await.unwrap(), status).await;
        assert_eq!(problem["errorCode"], code);
        let call = app.request("Admin", Method::GET, "/segments/People");
        refused(call.send().await.unwrap(), 404).await;
        app.segment("Uploaded", &people(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_stores_is_limited_and_the_members_stay() {
    let app =
        TestApp::start_with(&["--roles", "api", "--max-stored-bytes-per-instance", "4000"]).await;
    app.segment("People", &people(3)).await;
    app.put("/segments/More", &json!({"displayName": "More"})).await;

    let problem = refused(app.upload("More", "text/csv", people(2000)).await, 413).await;

    assert_eq!(problem["errorCode"], "tooLarge", "{problem}");
    assert!(text(&problem, "detail").contains("bytes of storage that are left"), "{problem}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 3);
    assert_eq!(app.get("/segments/More").await["memberCount"], 0);
}
