//! Changes at the same moment: none is lost, none is made twice, and whoever comes too late is told so.

use futures::future::{join_all, try_join_all};
use reqwest::{Method, Response};
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

/// Calls at the same moment.
const CALLS: usize = 12;

async fn call(app: &TestApp, method: Method, path: String, body: Value) -> Response {
    app.request("Admin", method, &path).json(&body).send().await.unwrap()
}

/// Everything that can be changed: its address, and a change of it.
async fn changes(app: &TestApp) -> Vec<(Method, String, Value, String)> {
    app.segment("People", &people(3)).await;
    let id = app.connection().await;
    let export = format!("/exports/{}", app.export(&id).await);
    let connection = format!("/connections/{id}");
    let key = json!({"kind": "apiKey", "apiKey": API_KEY});
    let refresh =
        json!({"active": false, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    app.put("/schedule", &refresh).await;
    let change = |method, path: String, body, of: &str| (method, path, body, of.to_owned());
    vec![
        change(Method::PATCH, connection.clone(), json!({"displayName": "New"}), &connection),
        change(Method::PUT, format!("{connection}/credentials"), key, &connection),
        change(Method::PUT, format!("{connection}/export-user"), json!({}), &connection),
        change(Method::PATCH, export.clone(), json!({"displayName": "New"}), &export),
        change(Method::PUT, format!("{export}/schedule"), json!({"kind": "manual"}), &export),
        change(Method::POST, format!("{export}/detach"), json!({}), &export),
        change(Method::POST, format!("{export}/attach"), json!({"connectionId": id}), &export),
        change(
            Method::PUT,
            "/segments/People".into(),
            json!({"displayName": "New"}),
            "/segments/People",
        ),
        change(
            Method::PATCH,
            "/segments/People".into(),
            json!({"displayName": "Newer"}),
            "/segments/People",
        ),
        change(Method::PUT, "/schedule".into(), refresh, "/schedule"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_with_one_if_match_at_the_same_moment_one_is_made() {
    let app = TestApp::start().await;
    for (method, path, body, of) in changes(&app).await {
        let version = app.get(&of).await["version"].as_i64().unwrap();
        let calls = (0..CALLS).map(|_| {
            let call = app.request("Admin", method.clone(), &path).json(&body);
            call.header("If-Match", format!("\"{version}\"")).send()
        });
        let (mut made, mut late) = (0, 0);
        for answer in try_join_all(calls).await.unwrap() {
            if answer.status() == 200 {
                made += 1;
            } else {
                assert_eq!(refused(answer, 412).await["errorCode"], "changed", "{path}");
                late += 1;
            }
        }
        assert_eq!((made, late), (1, CALLS - 1), "{method} {path}");
        assert_eq!(app.get(&of).await["version"], version + 1, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_different_members_at_the_same_moment_all_stay() {
    let app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    let connection = format!("/connections/{}", app.connection().await);
    let export =
        format!("/exports/{}", app.export(connection.trim_start_matches("/connections/")).await);
    for round in 0..8 {
        let name = format!("Round {round}");
        let (roles, resubscribe) =
            if round % 2 == 0 { ("adminsAndContributors", true) } else { ("admins", false) };
        let cron = format!("{round} 6 * * *");
        let own = json!({"kind": "custom", "timezone": "UTC", "cron": [cron]});
        let key = json!({"kind": "apiKey", "apiKey": API_KEY});
        let change = |method, path: &str, body| call(&app, method, path.to_owned(), body);
        let calls = [
            change(Method::PATCH, &connection, json!({"displayName": name})),
            change(Method::PATCH, &connection, json!({"allowedRoles": roles})),
            change(Method::PUT, &format!("{connection}/credentials"), key),
            change(Method::PATCH, &export, json!({"displayName": name})),
            change(Method::PATCH, &export, json!({"options": {"resubscribe": resubscribe}})),
            change(Method::PUT, &format!("{export}/schedule"), own),
        ];
        for answer in join_all(calls).await {
            good(answer).await;
        }
        let seen = app.get(&connection).await;
        assert_eq!((&seen["displayName"], &seen["allowedRoles"]), (&json!(name), &json!(roles)));
        let seen = app.get(&export).await;
        assert_eq!(
            (&seen["displayName"], &seen["schedule"]["cron"][0]),
            (&json!(name), &json!(cron))
        );
        assert_eq!(seen["options"]["resubscribe"], resubscribe);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_first_registrations_of_a_segment_at_the_same_moment_one_makes_it() {
    let app = TestApp::start().await;
    for round in 0..4 {
        let path = format!("/segments/New{round}");
        let body = json!({"displayName": "New"});
        let calls = (0..4).map(|_| call(&app, Method::PUT, path.clone(), body.clone()));
        let mut statuses = vec![];
        for answer in join_all(calls).await {
            statuses.push(answer.status().as_u16());
            good(answer).await;
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 201]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_export_takes_up_at_the_same_moment_is_removed_or_in_use() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    for round in 0..6 {
        let connection = app.connection().await;
        let name = format!("Segment{round}");
        app.segment(&name, &people(1)).await;
        let (of, path) = if round % 2 == 0 {
            ("People", format!("/connections/{connection}"))
        } else {
            (name.as_str(), format!("/segments/{name}"))
        };
        let new = json!({"displayName": "New", "connectionId": connection, "listId": LIST_ID,
            "segments": [of], "mapping": {"email": "Email"}});
        let creates = (0..3).map(|_| call(&app, Method::POST, "/exports".into(), new.clone()));
        let remove = call(&app, Method::DELETE, path.clone(), Value::Null);
        let (answers, removed) = tokio::join!(join_all(creates), remove);
        let is_removed = removed.status() == 204;
        if !is_removed {
            let problem = refused(removed, 409).await;
            assert!(text(&problem, "errorCode").ends_with("InUse"), "{problem}");
        }
        let mut made = 0;
        for answer in answers {
            if answer.status() == 201 {
                made += 1;
            } else {
                let problem = refused(answer, 422).await;
                assert!(text(&problem["errors"][0], "code").starts_with("unknown"), "{problem}");
            }
        }
        assert!(if is_removed { made == 0 } else { made > 0 }, "{path}: {made} {is_removed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_if_match_removes_nothing() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    app.segment("Spare", &people(1)).await;
    let connection = app.connection().await;
    let things = [
        format!("/exports/{}", app.export(&connection).await),
        format!("/connections/{connection}/export-user"),
        format!("/connections/{}", app.pending_connection().await),
        "/segments/Spare".to_owned(),
    ];
    let remove = async |path: &str, tag: &str| {
        let call = app.request("Admin", Method::DELETE, path);
        call.header("If-Match", tag).send().await.unwrap()
    };
    for path in things {
        let of = path.trim_end_matches("/export-user");
        let before = app.get(of).await;
        assert_eq!(refused(remove(&path, "\"99\"").await, 412).await["errorCode"], "changed");
        assert_eq!(app.get(of).await, before);
        good(remove(&path, &format!("\"{}\"", before["version"])).await).await;
    }
    let absent = app.request("Admin", Method::PUT, "/segments/Spare").header("If-Match", "\"2\"");
    refused(absent.json(&json!({"displayName": "Spare"})).send().await.unwrap(), 412).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_if_match_that_is_no_etag_is_not_understood_and_a_stale_one_hears_the_version_of_now() {
    let app = TestApp::start().await;
    let path = format!("/exports/{}", app.export_of(1).await);
    let version = app.get(&path).await["version"].clone();
    let change = async |tag: &str| {
        let call = app.request("Admin", Method::PATCH, &path).header("If-Match", tag);
        call.json(&json!({"displayName": "New"})).send().await.unwrap()
    };
    for tag in ["99", "abc", "", "\"1\" \"2\"", "\"1", "\"1\", 2", "*, \"1\""] {
        let problem = refused(change(tag).await, 400).await;
        assert_eq!(problem["errorCode"], "invalidRequest", "{tag}");
        assert!(text(&problem, "detail").contains("`\"3\"`"), "{problem}");
    }
    for tag in ["\"99\"", "\"abc\"", &format!("W/\"{version}\"")] {
        let problem = refused(change(tag).await, 412).await;
        assert!(text(&problem, "detail").contains(&format!("\"{version}\"")), "{problem}");
    }
    assert_eq!(app.get(&path).await["version"], version, "nothing was changed");
    good(change(&format!("\"99\", \"{version}\"")).await).await;
    good(change("*").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_new_is_made_only_when_it_is_not_there() {
    let app = TestApp::start().await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    let segment = |name: &str| json!({"displayName": name});
    for (path, first, second) in [
        ("/segments/People", segment("People"), segment("Others")),
        ("/schedule", daily.clone(), daily),
    ] {
        let put = async |header: &str, tag: &str, body: &Value| {
            let call = app.request("Admin", Method::PUT, path).header(header, tag);
            call.json(body).send().await.unwrap()
        };
        let problem = refused(put("If-Match", "*", &first).await, 412).await;
        assert_eq!(text(&problem, "detail").split('.').next(), Some("It does not exist yet"));
        good(put("If-None-Match", "*", &first).await).await;
        let made = app.get(path).await;
        let problem = refused(put("If-None-Match", "*", &second).await, 412).await;
        assert!(text(&problem, "detail").contains("already exists, in version \"1\""), "{problem}");
        refused(put("If-None-Match", "\"7\"", &second).await, 400).await;
        assert_eq!(app.get(path).await, made, "nothing was changed");
        good(put("If-Match", "*", &second).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_leaves_the_version_so_that_no_editor_is_refused() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let id = app.connection().await;
    let connection = format!("/connections/{id}");
    let export = format!("/exports/{}", app.export(&id).await);
    for path in [&connection, &export] {
        let before = app.get(path).await;
        for body in [json!({}), json!({"displayName": before["displayName"]})] {
            let after = good(call(&app, Method::PATCH, path.clone(), body).await).await;
            for member in ["version", "updatedUtc"] {
                assert_eq!(after[member], before[member], "{member} of {path}");
            }
        }
    }
    let verified = async || {
        app.post(&format!("{connection}/verify"), &json!({})).await;
        app.get(&connection).await
    };
    let before = app.get(&connection).await["version"].as_i64().unwrap();
    let after = verified().await;
    assert_eq!(after["version"], before);
    assert!(after["credential"]["verifiedUtc"].is_string(), "{after}");
    app.faults(&json!([{"kind": {"status": {"status": 401, "code": 100}}}])).await;
    assert_eq!(verified().await["version"], before + 1, "now it needs attention");
    app.faults(&json!([])).await;
    assert_eq!(verified().await["version"], before + 2, "now it works again");
}
