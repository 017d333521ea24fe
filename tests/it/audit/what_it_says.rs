//! What an event says of a change, of a refusal, of a sign-in.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use super::events;
use crate::oauth;
use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_recorded_whatever_refused_it_and_changes_nothing() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    let call = |method: Method, path: &str, body: &Value| {
        app.request("Admin", method, path).json(body).send()
    };
    let none = json!({});
    let new = json!({"displayName": "x", "type": "campaignMonitor"});
    refused(call(Method::POST, "/connections", &new).await.unwrap(), 422).await;
    refused(call(Method::PATCH, &path, &json!({"colour": 1})).await.unwrap(), 400).await;
    let stale = app.request("Admin", Method::PATCH, &path).header("If-Match", "\"1\"").json(&none);
    refused(stale.send().await.unwrap(), 412).await;
    refused(
        call(Method::POST, &format!("/exports/{}/runs", app.instance), &none).await.unwrap(),
        404,
    )
    .await;
    let refusals = events(&app, "").await;
    let refusals: Vec<_> = refusals.iter().filter(|event| event["outcome"] == "refused").collect();
    let told: Vec<_> =
        refusals.iter().map(|event| (text(event, "action"), text(event, "errorCode"))).collect();
    let expected = [
        ("export.startRun", "notFound"),
        ("connection.update", "changed"),
        ("connection.update", "invalidRequest"),
        ("connection.create", "consentRequired"),
    ];
    assert_eq!(told, expected.map(|(action, code)| (action.to_owned(), code.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refusals_leaves_a_bounded_number_of_events_and_the_last_one_says_so() {
    let app = TestApp::start_with(&["--max-audited-refusals", "5"]).await;
    for _ in 0..20 {
        refused(
            app.request("Viewer", Method::DELETE, "/segments/People").send().await.unwrap(),
            403,
        )
        .await;
    }
    let events = events(&app, "&action=segment.remove").await;
    assert!(
        (5..=10).contains(&events.len()),
        "a minute may have ended in between: {}",
        events.len()
    );
    assert_eq!(
        events.iter().filter(|event| event["moreLeftOut"] == true).count(),
        events.len() / 5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_shows_what_changed_and_never_a_secret() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let path = format!("/connections/{connection}");
    let body = json!({"displayName": "After", "allowedRoles": "adminsAndContributors"});
    let old = app.get(&path).await;
    good(app.request("Admin", Method::PATCH, &path).json(&body).send().await.unwrap()).await;
    app.put(
        &format!("{path}/credentials"),
        &json!({"kind": "apiKey", "apiKey": "another-account-word"}),
    )
    .await;

    let events = events(&app, &format!("&objectId={connection}")).await;

    let [replaced, renamed, export_user, created] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        renamed["before"],
        json!({"displayName": old["displayName"], "allowedRoles": "admins"})
    );
    assert_eq!(
        renamed["after"],
        json!({"displayName": "After", "allowedRoles": "adminsAndContributors"})
    );
    assert_eq!(renamed["object"], json!({"kind": "connection", "id": connection, "name": "After"}));
    assert_eq!(replaced["after"]["credential"]["lastFour"], "word");
    assert_eq!(export_user["after"]["exportUser"]["subject"], "Admin@example.com");
    assert_eq!(created["before"], json!({}));
    assert!(!json!(events).to_string().contains("account-"), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn detaching_all_exports_of_a_connection_tells_of_each() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    app.post(&format!("/connections/{connection}/detach"), &json!({})).await;
    let events = events(&app, &format!("&objectId={export}")).await;
    assert_eq!(events[0]["action"], "export.detach");
    assert_eq!(events[0]["before"], json!({"connectionId": connection}));
    assert_eq!(events[0]["after"], json!({"connectionId": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_made_leaves_no_event_of_success() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let body = json!({"displayName": "No segment", "connectionId": connection, "listId": LIST_ID,
        "segments": ["Nowhere"], "mapping": {"email": "Email"}});
    refused(app.request("Admin", Method::POST, "/exports").json(&body).send().await.unwrap(), 422)
        .await;
    let events = events(&app, "&action=export.create").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["errorCode"], "unprocessable");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_has_the_trace_of_its_call() {
    let mut app = TestApp::start().await;
    app.stop_service().await;
    app.start_process().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let call = app.request("Admin", Method::PUT, "/segments/People");
    let call = call.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    good(call.json(&json!({"displayName": "People"})).send().await.unwrap()).await;
    assert_eq!(events(&app, "").await[0]["traceId"], trace);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_and_the_end_of_its_access_are_in_the_audit_without_secrets() {
    let app = oauth::start_with(&[]).await;
    let id = oauth::unconnected(&app, "Newsletter").await;
    let denied = oauth::authorize(&app, &id).await;
    let denied = oauth::browser().post(denied).form(&[("decision", "deny")]).send().await.unwrap();
    oauth::come_back(&app, &oauth::location(&denied)).await;
    let returned = oauth::agree(oauth::authorize(&app, &id).await).await;
    oauth::come_back(&app, &returned).await;
    app.order(Method::POST, "oauth/revoke", &json!({})).await;
    for _ in 0..2 {
        app.post(&format!("/connections/{id}/verify"), &json!({})).await;
    }

    let sign_ins = events(&app, "&action=connection.signIn").await;
    let [done, denied] = sign_ins.as_slice() else { panic!("{sign_ins:?}") };
    assert_eq!((&denied["outcome"], &denied["status"]), (&json!("refused"), &json!(403)));
    assert_eq!(denied["errorCode"], "accessDenied");
    assert_eq!(done["outcome"], "success");
    assert_eq!(done["actor"]["subject"], "Admin@example.com");
    assert_eq!(done["origin"]["clientAddress"], "127.0.0.1");
    assert_eq!(
        (&done["object"]["id"], &done["object"]["name"]),
        (&json!(id), &json!("Newsletter"))
    );
    assert_eq!(done["before"], json!({"status": "pendingAuthentication"}));
    assert_eq!(done["after"]["credential"]["kind"], "oauth");

    let refused = events(&app, "&action=connection.refuse").await;
    let [refused] = refused.as_slice() else { panic!("it is news once: {refused:?}") };
    assert_eq!(refused["actor"]["subject"], "session");
    assert_eq!(refused["after"]["status"], "needsAttention");

    let all = serde_json::to_string(&events(&app, "").await).unwrap();
    for secret in ["state", "code"] {
        let secret = oauth::parameter(&returned, secret).unwrap();
        assert!(!all.contains(&secret), "{all}");
    }
}
