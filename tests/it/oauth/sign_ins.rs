//! From the connection to Campaign Monitor and back, and every way in which that can go wrong.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use segment_export::{db, sql};
use serde_json::{Value, json};
use url::Url;

use super::{
    REDIRECT_URL, agree, authorize, browser, come_back, connection, export_of, location, parameter,
    sign_in, signed_in, start_with, unconnected,
};
use crate::support::{TestApp, good, refused, text};

/// The page must have this status and these words.
async fn shows(app: &TestApp, returned: &Url, status: u16, words: &str) {
    let answer = come_back(app, returned).await;
    let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let (actual, page) = (answer.status(), answer.text().await.unwrap());
    assert_eq!((actual.as_u16(), media.as_str()), (status, "text/html; charset=utf-8"), "{page}");
    assert!(page.contains(words), "{page}");
}

fn with(url: &Url, name: &str, value: &str) -> Url {
    let mut changed = url.clone();
    let others = url.query_pairs().filter(|(key, _)| key != name);
    changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    changed
}

async fn is_unchanged(app: &TestApp, id: &str) {
    let seen = connection(app, id).await;
    assert_eq!(seen["status"], "pendingAuthentication", "{seen}");
    assert!(seen.get("credential").is_none(), "{seen}");
}

/// “Select Connect to initialize the connection to Campaign Monitor.”
/// “Select Authenticate with Campaign Monitor and provide your admin credentials for Campaign Monitor.”
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signs_in_and_the_exports_of_the_connection_run() {
    let app = start_with(&[]).await;
    app.order(Method::PUT, "settings", &json!({})).await;
    let id = unconnected(&app, "Newsletter").await;
    let begun = app.post(&format!("/connections/{id}/authorize"), &json!({})).await;
    let url: Url = text(&begun, "authorizeUrl").parse().unwrap();
    assert_eq!(parameter(&url, "type").unwrap(), "web_server");
    assert_eq!(parameter(&url, "scope").unwrap(), "ImportSubscribers,ManageLists");
    assert_eq!(parameter(&url, "redirect_uri").unwrap(), REDIRECT_URL);
    let expires: DateTime<Utc> = text(&begun, "expiresUtc").parse().unwrap();
    assert!(expires > db::now() + TimeDelta::minutes(9), "{expires}");

    let page = browser().get(url.clone()).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("ImportSubscribers, ManageLists"));
    let decided = browser().post(url).form(&[("decision", "allow")]).send().await.unwrap();
    shows(&app, &location(&decided), 200, "Campaign Monitor is connected").await;

    let seen = connection(&app, &id).await;
    assert_eq!(seen["status"], "connected");
    assert_eq!(seen["updatedBy"], "Admin@example.com");
    let credential = &seen["credential"];
    assert_eq!(credential["kind"], "oauth");
    assert!(credential.get("lastFour").is_none());
    let ends: DateTime<Utc> = text(credential, "expiresUtc").parse().unwrap();
    assert!((13..=14).contains(&(ends - db::now()).num_days()), "{ends}");
    assert!(text(credential, "verifiedUtc").parse::<DateTime<Utc>>().unwrap() <= db::now());
    app.segment("People", &crate::support::people(1500)).await;
    let run = app.ended(&app.start_run(&app.export(&id).await).await).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 1500));
    let verified = app.post(&format!("/connections/{id}/verify"), &json!({})).await;
    assert_eq!(verified["ok"], true, "{verified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_lie_sealed_in_the_database() {
    let app = start_with(&[]).await;
    signed_in(&app).await;
    let mut tx = app.app().db.read().await.unwrap();
    let sealed: String =
        sql!(&mut tx, |db| sqlx::query_scalar("SELECT credential_sealed FROM connections")
            .fetch_one(db)
            .await
            .unwrap());
    assert!(sealed.starts_with("dev:") && !sealed.contains("access"), "{sealed}");
    let states: i64 = sql!(&mut tx, |db| sqlx::query_scalar("SELECT COUNT(*) FROM sign_ins")
        .fetch_one(db)
        .await
        .unwrap());
    assert_eq!(states, 0, "what is used up is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_denies_access_is_told_that_nothing_has_changed() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let url = authorize(&app, &id).await;
    let decided = browser().post(url).form(&[("decision", "deny")]).send().await.unwrap();
    let returned = location(&decided);
    shows(&app, &returned, 403, "Access was not allowed").await;
    shows(&app, &returned, 400, "This sign-in is unknown").await;
    is_unchanged(&app, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_begin_a_sign_in_is_told_what_to_do_and_the_audit_has_both_ends() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let path = format!("/connections/{id}/authorize");
    let begun = app.request("Admin", Method::POST, &path).header("User-Agent", "Front end");
    let begun = good(begun.send().await.unwrap()).await;
    let returned = agree(text(&begun, "authorizeUrl").parse().unwrap()).await;
    let end = format!("{}?{}", returned.path().trim_start_matches('/'), returned.query().unwrap());
    let end = app.anonymous(Method::GET, &end).header("User-Agent", "Another browser");
    let page = end.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("If you did not start this, revoke the access"), "{page}");

    for (action, user_agent) in
        [("connection.authorize", "Front end"), ("connection.signIn", "Another browser")]
    {
        let events = app.get(&format!("/audit-events?action={action}")).await;
        let origin = &events["items"][0]["origin"];
        assert_eq!(
            (text(origin, "userAgent"), text(origin, "clientAddress")),
            (user_agent.into(), "127.0.0.1".into())
        );
        assert_eq!(events["items"][0]["actor"]["subject"], "Admin@example.com");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_once() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let returned = agree(authorize(&app, &id).await).await;
    let (one, other) = tokio::join!(come_back(&app, &returned), come_back(&app, &returned));
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    let version = connection(&app, &id).await["version"].clone();
    shows(&app, &returned, 400, "It was already used").await;
    assert_eq!(connection(&app, &id).await["version"], version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_not_ours_or_mixed_from_two_opens_nothing() {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let app = start_with(&[]).await;
    let (mine, yours) = (unconnected(&app, "Mine").await, unconnected(&app, "Yours").await);
    let returned = agree(authorize(&app, &mine).await).await;
    let other = agree(authorize(&app, &yours).await).await;
    let bytes = |url: &Url| BASE64_URL_SAFE_NO_PAD.decode(parameter(url, "state").unwrap());
    let (id, secret) = (bytes(&returned).unwrap(), bytes(&other).unwrap());
    let mixed = BASE64_URL_SAFE_NO_PAD.encode([&id[..16], &secret[16..]].concat());
    for state in ["", "x", &mixed, &"A".repeat(64)] {
        shows(&app, &with(&returned, "state", state), 400, "This sign-in is unknown").await;
    }
    is_unchanged(&app, &mine).await;
    is_unchanged(&app, &yours).await;
    shows(&app, &returned, 200, "Campaign Monitor is connected").await;
    is_unchanged(&app, &yours).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_sign_in_of_an_administrator_counts_and_that_of_another_goes_on() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let old = agree(authorize(&app, &id).await).await;
    let new = agree(authorize(&app, &id).await).await;
    let path = format!("/connections/{id}/authorize");
    let others = good(app.request("Administrator", Method::POST, &path).send().await.unwrap());
    let others = agree(text(&others.await, "authorizeUrl").parse().unwrap()).await;
    shows(&app, &old, 400, "a newer one replaced it").await;
    shows(&app, &new, 200, "Campaign Monitor is connected").await;
    assert_eq!(connection(&app, &id).await["updatedBy"], "Admin@example.com");
    shows(&app, &others, 200, "Campaign Monitor is connected").await;
    assert_eq!(connection(&app, &id).await["updatedBy"], "Administrator@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_took_too_long_must_be_begun_again() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let returned = agree(authorize(&app, &id).await).await;
    let mut tx = app.app().db.write().await.unwrap();
    let past = db::now() - TimeDelta::seconds(1);
    sql!(&mut tx, |db| sqlx::query("UPDATE sign_ins SET expires_utc = $1")
        .bind(past)
        .execute(db)
        .await
        .map(drop)
        .unwrap());
    tx.commit().await.unwrap();
    shows(&app, &returned, 410, "took longer than ten minutes").await;
    is_unchanged(&app, &id).await;
    sign_in(&app, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_campaign_monitor_refuses_or_cannot_answer_leaves_everything_as_it_was() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let begun = async || agree(authorize(&app, &id).await).await;
    shows(&app, &with(&begun().await, "code", "guessed"), 502, "did not accept this sign-in").await;
    let vendor_error = with(&with(&begun().await, "code", ""), "error", "<b>server_error</b>");
    shows(&app, &vendor_error, 502, "did not accept this sign-in").await;
    shows(&app, &with(&begun().await, "code", ""), 400, "This sign-in is unknown").await;
    for kind in [json!({"status": {"status": 503, "html": true}}), json!("dropBefore")] {
        let returned = begun().await;
        app.faults(&json!([{"match": {"path": "oauth/token"}, "kind": kind}])).await;
        shows(&app, &returned, 503, "Campaign Monitor cannot be reached").await;
        app.faults(&json!([])).await;
    }
    is_unchanged(&app, &id).await;
    sign_in(&app, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_removed_meanwhile_gets_no_tokens() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let returned = agree(authorize(&app, &id).await).await;
    let path = format!("/connections/{id}");
    good(app.request("Admin", Method::DELETE, &path).send().await.unwrap()).await;
    shows(&app, &returned, 400, "This sign-in is unknown").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_end_is_told_the_outcome_where_it_has_an_address() {
    let front_end = "http://front-end.example.com/connections?tab=2";
    let app = start_with(&["--oauth-return-url", front_end]).await;
    let id = unconnected(&app, "Newsletter").await;
    let returned = agree(authorize(&app, &id).await).await;
    let told = async |returned: &Url| {
        let answer = come_back(&app, returned).await;
        assert_eq!(answer.status(), 303);
        location(&answer).to_string()
    };
    let connected = format!("{front_end}&outcome=connected&connectionId={id}");
    assert_eq!(told(&returned).await, connected);
    let unknown = format!("{front_end}&outcome=failed&errorCode=signInUnknown");
    assert_eq!(told(&returned).await, unknown);
    let denied = authorize(&app, &id).await;
    let denied = browser().post(denied).form(&[("decision", "deny")]).send().await.unwrap();
    let denied = told(&location(&denied)).await;
    let expected = format!("{front_end}&outcome=failed&connectionId={id}&errorCode=accessDenied");
    assert_eq!(denied, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_registered_application_nobody_can_sign_in() {
    let app = TestApp::start().await;
    let id = unconnected(&app, "Newsletter").await;
    let path = format!("/connections/{id}/authorize");
    let answer = app.request("Admin", Method::POST, &path).send().await.unwrap();
    let problem = refused(answer, 503).await;
    assert_eq!(problem["errorCode"], "oauthNotConfigured");
    assert_eq!(problem["culprit"], "system");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_of_the_instance_begin_a_sign_in() {
    let app = start_with(&[]).await;
    let id = unconnected(&app, "Newsletter").await;
    let path = format!("/connections/{id}/authorize");
    for role in ["Viewer", "Contributor"] {
        refused(app.request(role, Method::POST, &path).send().await.unwrap(), 403).await;
    }
    let elsewhere = format!("v1/instances/{}{path}", uuid::Uuid::now_v7());
    let token = TestApp::token_for("Admin", "*");
    let elsewhere = app.anonymous(Method::POST, &elsewhere).bearer_auth(token);
    refused(elsewhere.send().await.unwrap(), 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_take_the_place_of_a_sign_in_and_the_other_way_round() {
    let app = start_with(&[]).await;
    let (id, export) = export_of(&app, 3).await;
    let key = json!({"kind": "apiKey", "apiKey": segment_export::sandbox::API_KEY});
    let seen = app.put(&format!("/connections/{id}/credentials"), &key).await;
    assert_eq!(seen["credential"], json!({"kind": "apiKey", "lastFour": "-key"}));
    assert_eq!(app.ended(&app.start_run(&export).await).await["status"], "successful");
    sign_in(&app, &id).await;
    assert_eq!(connection(&app, &id).await["credential"]["kind"], "oauth");
    assert_eq!(app.ended(&app.start_run(&export).await).await["status"], "successful");
    let oauth = json!({"kind": "oauth", "apiKey": "12345678"});
    let path = format!("/connections/{id}/credentials");
    let typed: Value =
        refused(app.request("Admin", Method::PUT, &path).json(&oauth).send().await.unwrap(), 400)
            .await;
    assert_eq!(typed["errors"][0]["pointer"], "/kind");
}
