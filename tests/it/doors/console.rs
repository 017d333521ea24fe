//! The console: what browsers may do with its pages and files, how people get a token, and that it can be switched off.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{TestApp, good, refused, text};

async fn page(app: &TestApp, path: &str) -> Response {
    app.anonymous(Method::GET, path).send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_console_runs_its_own_files_alone_and_is_never_stored() {
    let app = TestApp::start().await;
    for path in ["console/", "console/index.html"] {
        let answer = page(&app, path).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "cache-control"), "no-store");
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(
            header(&answer, "content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let html = answer.text().await.unwrap();
        for inline in ["<style", " style=", " onload=", "<script>"] {
            assert!(!html.contains(inline), "{inline} in {html}");
        }
        for absolute in ["href=\"/", "src=\"/", "://"] {
            assert!(
                !html.contains(absolute),
                "{absolute} does not hold below a path prefix: {html}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_is_found_without_the_last_slash_and_below_a_path_prefix() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = client.build().unwrap().get(format!("{}console", app.url())).send().await.unwrap();
    assert!(answer.status().is_redirection());
    assert_eq!(header(&answer, "location"), "console/", "and not /console/");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_console_does_not_have_is_not_found_whatever_the_name() {
    let app = TestApp::start().await;
    for name in
        ["nothing.js", "assets/nothing.js", "..%2F..%2FCargo.toml", "%2Fetc%2Fpasswd", ".gitignore"]
    {
        let problem = refused(page(&app, &format!("console/{name}")).await, 404).await;
        assert_eq!(problem["errorCode"], "notFound", "{name}");
    }
    let posted = app.anonymous(Method::POST, "console/").send().await.unwrap();
    assert_eq!(header(&posted, "allow"), "GET, HEAD");
    refused(posted, 405).await;
}

async fn config(app: &TestApp) -> Value {
    let answer = page(app, "console/config.json").await;
    assert_eq!(header(&answer, "cache-control"), "no-store");
    good(answer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_development_the_console_has_a_token_for_each_role() {
    let app = TestApp::start().await;
    let config = config(&app).await;
    assert_eq!(config["signIn"]["kind"], "development");
    assert_eq!(config["claims"], serde_json::json!({"roles": "roles", "instances": "instances"}));
    let instance = text(&config, "instanceId");
    for (role, expected) in [("admin", 200), ("contributor", 403), ("viewer", 403)] {
        let token = text(&config["signIn"]["tokens"], role);
        let call = app.anonymous(Method::GET, &format!("v1/instances/{instance}/audit-events"));
        let answer = call.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_hands_out_no_token_that_is_signed_with_a_secret() {
    let secret = "a secret of our own, of 32 bytes or more";
    let app = TestApp::start_with(&["--auth-hs256-secret", secret]).await;
    let config = config(&app).await;
    assert_eq!(config["signIn"], serde_json::json!({"kind": "token"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_to_the_console_at_the_identity_provider_which_it_may_then_call() {
    let issuer = "https://login.example.com/tenant/v2.0";
    let settings = [
        ["--auth-issuer", issuer],
        ["--console-client-id", "console"],
        ["--console-scope", "openid profile api://exports/use"],
    ];
    let app = TestApp::start_with(settings.as_flattened()).await;
    let expected = serde_json::json!({"kind": "oidc", "issuer": issuer, "clientId": "console",
        "scope": "openid profile api://exports/use"});
    assert_eq!(config(&app).await["signIn"], expected);
    let answer = page(&app, "console/").await;
    let policy = header(&answer, "content-security-policy");
    assert!(policy.contains("connect-src 'self' https://login.example.com;"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_can_be_switched_off() {
    let app = TestApp::start_with(&["--console", "false"]).await;
    for path in ["console", "console/", "console/config.json"] {
        for method in [Method::GET, Method::POST] {
            refused(app.anonymous(method, path).send().await.unwrap(), 404).await;
        }
    }
    assert_eq!(page(&app, "swagger-ui/").await.status(), 200);
}
