//! What holds for every call, whichever it is.

use reqwest::Method;
use segment_export::db::Time;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_of_its_own_also_when_it_is_a_refusal() {
    let app = TestApp::start().await;
    let runs = format!("v1/instances/{}/runs", app.instance);
    let mut ids = std::collections::HashSet::new();
    for (method, path, status) in [
        (Method::GET, "livez", 200),
        (Method::GET, &*runs, 401),
        (Method::PUT, &*runs, 405),
        (Method::GET, "nowhere", 404),
        (Method::GET, "openapi.json", 200),
    ] {
        let answer = app.anonymous(method, path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert!(uuid::Uuid::parse_str(&id).is_ok() && ids.insert(id), "{path}");
    }
    let answer = app.anonymous(Method::GET, &runs).send().await.unwrap();
    assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"segment-export\"");
}

/// The lists of the document that come in pages, with the least and the most that a page may hold.
fn pages() -> Vec<(String, i64, i64)> {
    let document = segment_export::server::document();
    let paths = document["paths"].as_object().unwrap().iter();
    let limit = |item: &Value| {
        let parameters = item["get"]["parameters"].as_array()?.clone();
        let limit = parameters.into_iter().find(|parameter| parameter["name"] == "limit")?;
        let (least, most) = (&limit["schema"]["minimum"], &limit["schema"]["maximum"]);
        Some((least.as_i64().unwrap(), most.as_i64().unwrap()))
    };
    let pages = paths.filter_map(|(path, item)| {
        let (least, most) = limit(item)?;
        let path = path.strip_prefix("/v1/instances/{instanceId}")?;
        Some((path.to_owned(), least, most))
    });
    pages.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_holds_as_many_as_the_document_says_and_no_other_number_is_taken() {
    let app = TestApp::start_with(&["--channels-allow-private"]).await;
    let new = json!({"displayName": "Hook", "kind": "slack", "url": "http://127.0.0.1:9/x"});
    let channel = text(&app.post("/channels", &new).await, "channelId");
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let run = text(&app.ended(&app.start_run(&export).await).await, "runId");
    let verifications = app.get(&format!("/runs/{run}/verifications")).await;
    let verification = text(&verifications["items"][0], "verificationId");
    let pages = pages();
    assert!(pages.len() >= 10, "{pages:?}");
    for (path, least, most) in pages {
        let id = match path.split('/').nth(1) {
            Some("runs") => &run,
            Some("exports") => &export,
            Some("channels") => &channel,
            _ => &connection,
        };
        let path = path.replace("{id}", id).replace("{name}", "People");
        let path = path.replace("{verificationId}", &verification);
        for limit in [least, most] {
            app.get(&format!("{path}?limit={limit}")).await;
        }
        for limit in [(least - 1).to_string(), (most + 1).to_string(), "many".into(), String::new()]
        {
            let path = format!("{path}?limit={limit}");
            let call = app.request("Admin", Method::GET, &path);
            refused(call.send().await.unwrap(), 400).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_larger_than_the_setting_is_refused_and_one_that_is_as_large_is_read() {
    let app = TestApp::start_with(&["--max-body-bytes", "500"]).await;
    let new = |name: &str| json!({"displayName": name, "source": {"kind": "upload"}}).to_string();
    let put = async |length: usize| {
        let body = new("People");
        let body = format!("{body}{}", " ".repeat(length - body.len()));
        let call = app.request("Admin", Method::PUT, "/segments/People");
        call.header("Content-Type", "application/json").body(body).send().await.unwrap()
    };
    assert_eq!(refused(put(501).await, 413).await["errorCode"], "tooLarge");
    good(put(500).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_the_same_whatever_they_came_as() {
    let app = TestApp::start().await;
    let sample = segment_export::sample::Sample { rows: 30, seed: 7 };
    let mut seen = Vec::new();
    for (media, name) in [
        (segment_export::storage::Media::Csv, "text/csv"),
        (segment_export::storage::Media::Ndjson, "application/x-ndjson"),
        (segment_export::storage::Media::Parquet, "application/vnd.apache.parquet"),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        sample.write(media, file.reopen().unwrap()).unwrap();
        app.put("/segments/People", &json!({"displayName": "People"})).await;
        good(app.upload("People", name, std::fs::read(file.path()).unwrap()).await).await;
        assert_eq!(app.get("/segments/People").await["memberCount"], 30, "{name}");
        let first = app.get("/segments/People/members?limit=5").await["items"].clone();
        let first = first.as_array().unwrap().clone();
        assert_eq!(first.len(), 5);
        let shown = |member: &Value| {
            ["CustomerId", "Email", "FullName", "City"].map(|field| text(member, field))
        };
        seen.push(first.iter().map(shown).collect::<Vec<_>>());
    }
    assert!(seen.iter().all(|members| *members == seen[0]), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_a_connection_names_what_is_well_and_what_is_not() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    let verify = async || app.post(&format!("{path}/verify"), &json!({})).await;
    let checks = |verified: &Value| {
        let checks = verified["checks"].as_array().unwrap().clone();
        assert!(checks.iter().all(|check| text(check, "detail").ends_with('.')), "{verified}");
        checks.iter().map(|check| (text(check, "name"), check["ok"] == true)).collect::<Vec<_>>()
    };
    let of = |names: &[(&str, bool)]| {
        names.iter().map(|(name, ok)| ((*name).to_owned(), *ok)).collect::<Vec<_>>()
    };

    let well = verify().await;
    assert_eq!(well["ok"], true);
    assert_eq!(
        checks(&well),
        of(&[("credentials", true), ("clients", true), ("exportUser", true)])
    );

    let user = app.request("Admin", Method::DELETE, &format!("{path}/export-user"));
    good(user.send().await.unwrap()).await;
    let left = verify().await;
    assert_eq!(left["ok"], false);
    assert!(checks(&left).contains(&("exportUser".to_owned(), false)), "{left}");

    let refusal = json!({"status": {"status": 401, "code": 100}});
    app.faults(&json!([{"kind": refusal}])).await;
    let refused = verify().await;
    assert_eq!(refused["ok"], false);
    assert!(checks(&refused).contains(&("credentials".to_owned(), false)), "{refused}");
    assert_eq!(app.get(&path).await["status"], "needsAttention");
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_a_connection_while_campaign_monitor_is_down_blames_no_credentials() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    for kind in [
        json!({"status": {"status": 500}}),
        json!({"status": {"status": 401, "html": true}}),
        json!("dropBefore"),
    ] {
        app.faults(&json!([{"kind": kind}])).await;
        let verified = app.post(&format!("{path}/verify"), &json!({})).await;
        let credentials = &verified["checks"][0];
        assert_eq!(
            (&credentials["name"], &credentials["ok"]),
            (&json!("credentials"), &json!(false))
        );
        assert!(text(credentials, "detail").starts_with("Could not check"), "{credentials}");
        assert_eq!(app.get(&path).await["status"], "connected");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stored_object_says_who_made_and_changed_it_when_and_has_an_id_in_order_of_time() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    app.put("/schedule", &daily).await;
    for path in [
        &*format!("/connections/{connection}"),
        "/segments/People",
        &format!("/exports/{export}"),
        "/schedule",
    ] {
        let object = app.get(path).await;
        assert_eq!(object["instanceId"], app.instance.to_string(), "{object}");
        assert!(object["version"].as_i64() >= Some(1), "{object}");
        for by in ["createdBy", "updatedBy"] {
            assert_eq!(object[by], "Admin@example.com", "{object}");
        }
        for time in ["createdUtc", "updatedUtc"] {
            let time = text(&object, time);
            assert!(time.ends_with('Z') && time.parse::<Time>().is_ok(), "{object}");
        }
    }
    let run = app.start_run(&export).await;
    let ids = [connection, export, run];
    for id in &ids {
        assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
    }
    assert!(ids.is_sorted(), "they were made in this order: {ids:?}");
}
