//! Signing in at Campaign Monitor, and living with tokens that end.

mod renewals;
mod sign_ins;

use reqwest::{Client, Method, Response, redirect};
use segment_export::sandbox::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET};
use serde_json::{Value, json};
use url::Url;

use crate::support::{TestApp, people, text};

pub const REDIRECT_URL: &str = "http://127.0.0.1:9/oauth/campaign-monitor/callback";

/// The service, registered at the offline Campaign Monitor.
pub async fn start_with(extra: &[&str]) -> TestApp {
    let registered = [
        ["--oauth-client-id", OAUTH_CLIENT_ID],
        ["--oauth-client-secret", OAUTH_CLIENT_SECRET],
        ["--oauth-redirect-url", REDIRECT_URL],
    ];
    let app = TestApp::start_with(&[registered.as_flattened(), extra].concat()).await;
    settings(&app, &json!({})).await;
    app
}

/// People agree at once; with further settings of OAuth.
pub async fn settings(app: &TestApp, more: &Value) {
    let mut oauth = json!({"autoApprove": true});
    oauth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.order(Method::PUT, "settings", &json!({"oauth": oauth})).await;
}

/// A browser that shows where it is sent.
pub fn browser() -> Client {
    Client::builder().redirect(redirect::Policy::none()).build().unwrap()
}

pub fn location(response: &Response) -> Url {
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A connection without credentials, of the name `name`. Returns its id.
pub async fn unconnected(app: &TestApp, name: &str) -> String {
    let new = json!({"displayName": name, "type": "campaignMonitor", "consent": {"agreed": true}});
    let id = text(&app.post("/connections", &new).await, "connectionId");
    app.put(&format!("/connections/{id}/export-user"), &json!({})).await;
    id
}

/// Begins a sign-in; the address of Campaign Monitor's page.
pub async fn authorize(app: &TestApp, connection: &str) -> Url {
    let begun = app.post(&format!("/connections/{connection}/authorize"), &json!({})).await;
    text(&begun, "authorizeUrl").parse().unwrap()
}

/// Where Campaign Monitor sends a person back that agreed.
pub async fn agree(authorize_url: Url) -> Url {
    let answer = browser().get(authorize_url).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    location(&answer)
}

/// The person's browser comes back.
pub async fn come_back(app: &TestApp, returned: &Url) -> Response {
    let mut url = Url::parse(app.url()).unwrap();
    url.set_path(returned.path());
    url.set_query(returned.query());
    browser().get(url).send().await.unwrap()
}

pub async fn sign_in(app: &TestApp, connection: &str) {
    let returned = agree(authorize(app, connection).await).await;
    let answer = come_back(app, &returned).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

/// A connection that somebody signed in for. Returns its id.
pub async fn signed_in(app: &TestApp) -> String {
    let id = unconnected(app, "Newsletter").await;
    sign_in(app, &id).await;
    id
}

/// An export of `rows` profiles over a connection that somebody signed in for: connection, export.
pub async fn export_of(app: &TestApp, rows: usize) -> (String, String) {
    app.segment("People", &people(rows)).await;
    let connection = signed_in(app).await;
    let export = app.export(&connection).await;
    (connection, export)
}

pub async fn connection(app: &TestApp, id: &str) -> Value {
    app.get(&format!("/connections/{id}")).await
}

/// Calls of Campaign Monitor's token address since they were forgotten, by status.
pub async fn token_calls(app: &TestApp) -> Value {
    app.sandbox_says("calls").await["calls"]["POST /oauth/token"].clone()
}

pub async fn forget_calls(app: &TestApp) {
    app.order(Method::DELETE, "calls", &json!({})).await;
}

pub async fn expire(app: &TestApp) {
    app.order(Method::POST, "oauth/expire", &json!({})).await;
}
