//! Outside development: what is for laptops only, and what nobody may read in a log.

use std::process::Command;

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID, OAUTH_CLIENT_SECRET};
use serde_json::json;

use crate::identity::{KEY, KEY_ID, Provider, sign};
use crate::oauth;
use crate::support::{TestApp, good, people, refused, until};

/// What `segment-export token` says, outside development unless `arguments` say otherwise.
fn token(arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    command.arg("token").args(arguments).env_remove("SEGMENT_EXPORT_DEV");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn development_tokens_are_made_in_development_mode_only() {
    let (made, printed, told) = token(&["--role", "admin"]);
    assert!(!made && printed.is_empty(), "{printed}");
    assert!(told.contains("--dev") && told.contains("SEGMENT_EXPORT_DEV=true"), "{told}");
    let (_, printed, _) = token(&["--auth-hs256-secret", "s", "--auth-issuer", "i"]);
    assert!(printed.is_empty(), "{printed}");

    let (made, printed, told) = token(&["--dev", "--role", "viewer", "--subject", "eve"]);
    assert!(made, "{told}");
    let app = TestApp::start().await;
    let ask = async |path: &str| {
        let path = format!("v1/instances/{}{path}", app.instance);
        app.anonymous(Method::GET, &path).bearer_auth(printed.trim()).send().await.unwrap()
    };
    good(ask("/exports").await).await;
    refused(ask("/connections").await, 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_a_shared_secret_is_refused_where_an_identity_provider_is_asked() {
    let provider = Provider::start();
    let keys = "one:b25lIGtleSBvZiB0aGUgdGVzdHMsIG5vdCBwdWJsaXM=";
    let settings = [
        ["--auth-issuer", &provider.issuer],
        ["--auth-audience", "segment-export"],
        ["--encryption-keys", keys],
    ];
    let mut app = TestApp::start().await;
    app.restart_in_production(settings.as_flattened()).await;
    let path = format!("v1/instances/{}/exports", app.instance);
    let ask = async |token: &str| {
        app.anonymous(Method::GET, &path).bearer_auth(token).send().await.unwrap()
    };
    good(ask(&sign(&provider.claims(), KEY, KEY_ID)).await).await;

    let issuer = ["--dev", "--auth-issuer", &provider.issuer];
    for arguments in [&["--dev"][..], &issuer] {
        let (made, token, told) = token(arguments);
        assert!(made, "{told}");
        let problem = refused(ask(token.trim()).await, 401).await;
        let words = "tokens with a shared secret are not accepted";
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_may_lie_elsewhere_and_roles_and_instances_in_other_claims() {
    let provider = Provider::start();
    let keys = format!("{}/keys", provider.issuer);
    let settings = [
        ["--auth-issuer", "https://login.example.com"],
        ["--auth-jwks-url", &keys],
        ["--auth-roles-claim", "groups"],
        ["--auth-instances-claim", "tenants"],
    ];
    let app = TestApp::start_with(settings.as_flattened()).await;
    let path = format!("v1/instances/{}/connections", app.instance);
    let ask = async |groups: &[&str], tenants: &[&str]| {
        let mut claims = provider.claims();
        claims["iss"] = json!("https://login.example.com");
        claims["groups"] = json!(groups);
        claims["tenants"] = json!(tenants);
        let token = sign(&claims, KEY, KEY_ID);
        app.anonymous(Method::GET, &path).bearer_auth(token).send().await.unwrap()
    };
    let (own, other) = (app.instance.to_string(), uuid::Uuid::now_v7().to_string());
    good(ask(&["Administrator"], &[&own]).await).await;
    good(ask(&["Everybody", "Admin"], &[&other, &own]).await).await;
    refused(ask(&["Viewer"], &[&own]).await, 403).await;
    refused(ask(&["Everybody"], &[&own]).await, 403).await;
    refused(ask(&["Admin"], &[&other]).await, 404).await;
    let problem = refused(ask(&["Admin"], &[]).await, 404).await;
    assert!(problem["detail"].as_str().unwrap().contains("the instances claim"), "{problem}");
    good(ask(&["Admin"], &["*"]).await).await;
}

/// An address that stands in a row which cannot be read, in one that is refused, and in one that is sent.
const ADDRESSES: [&str; 3] = ["unread@example.com", "refused@example.com", "sent@example.com"];

/// Has people sought, listed and readmitted, well and badly.
async fn seek_people(app: &TestApp, export: &str) {
    for who in ADDRESSES {
        app.post("/people/search", &json!({"email": who, "live": true})).await;
        let twice = json!({"email": who, "customerId": who});
        let twice = app.request("Admin", Method::POST, "/people/search").json(&twice);
        refused(twice.send().await.unwrap(), 422).await;
        let path = format!("/exports/{export}/readmissions");
        app.put(&path, &json!({"email": who, "reason": "A letter."})).await;
        let several = json!({"email": format!("{who} {who}"), "reason": "A letter."});
        let several = app.request("Admin", Method::PUT, &path).json(&several);
        refused(several.send().await.unwrap(), 422).await;
    }
    app.get(&format!("/exports/{export}/feedback")).await;
}

/// Has a service do what it does with secrets and addresses, well and badly. Returns secrets it met on the way.
async fn use_secrets(app: &TestApp) -> Vec<String> {
    let connection = oauth::unconnected(app, "Newsletter").await;
    let returned = oauth::agree(oauth::authorize(app, &connection).await).await;
    assert_eq!(oauth::come_back(app, &returned).await.status(), 200);
    assert_eq!(oauth::come_back(app, &returned).await.status(), 400, "it is good once");
    let typed_in = app.connection().await;

    let [unread, gone, sent] = ADDRESSES;
    let broken = format!("CustomerId,Email,City\n1,{unread},\"Riga\n2,{unread},Riga,more\n");
    app.segment("People", &people(1)).await;
    refused(app.upload("People", "text/csv", broken).await, 400).await;
    let rows =
        format!("CustomerId,Email,City\n1,{sent},Riga\n2,{gone},Riga\n3,{gone} {unread},Riga\n");
    app.segment("People", &rows).await;
    let left = json!([{"email": gone, "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &left).await;

    oauth::expire(app).await;
    let busy = json!({"status": {"status": 503}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": busy, "times": 2}])).await;
    for connection in [&connection, &typed_in] {
        let export = app.export(connection).await;
        app.post(&format!("/exports/{export}/preview"), &json!({})).await;
        let run = app.ended(&app.start_run(&export).await).await;
        assert_eq!(run["status"], "completedWithErrors", "{run}");
        app.get(&format!("/runs/{}/rejections", run["runId"].as_str().unwrap())).await;
        seek_people(app, &export).await;
    }
    let key = json!({"kind": "apiKey", "apiKey": "a-key-that-is-refused", "colour": 1});
    let path = format!("/connections/{connection}/credentials");
    refused(app.request("Admin", Method::PUT, &path).json(&key).send().await.unwrap(), 400).await;
    let key = json!({"kind": "apiKey", "apiKey": "a-key-that-is-refused"});
    app.request("Admin", Method::PUT, &path).json(&key).send().await.unwrap();
    app.post(&format!("/connections/{connection}/verify"), &json!({})).await;
    // A caller that puts an address where a name belongs.
    for path in ["/segments/typed@example.com", "/typed@example.com", "/exports/typed@example.com"]
    {
        app.request("Admin", Method::GET, path).send().await.unwrap();
    }
    let path = format!("v1/instances/{}/exports", app.instance);
    let forged = format!("{}x", app.token("Admin"));
    refused(app.anonymous(Method::GET, &path).bearer_auth(&forged).send().await.unwrap(), 401)
        .await;

    let query = returned.query().unwrap();
    let parts = query.split('&').filter_map(|part| part.split_once('='));
    let mut secrets: Vec<_> = parts.map(|(_, value)| value.to_owned()).collect();
    secrets.extend(["code", "state"].map(|name| oauth::parameter(&returned, name).unwrap()));
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_of_the_log_holds_a_key_a_token_or_an_address_however_much_is_logged() {
    let mut app = oauth::start_with(&[]).await;
    app.stop_service().await;
    let file = app.storage().with_file_name("log");
    app.start_process_logged("debug,segment_export=trace", &file).await;

    let met = use_secrets(&app).await;

    let read = || std::fs::read_to_string(&file).unwrap();
    until(async || read().matches("run ended").count() == 2).await;
    app.kill_process().await;
    let log = read();
    assert!(log.contains("\"level\":\"DEBUG\"") && log.contains("\"level\":\"WARN\""));
    let secrets = [
        API_KEY,
        OAUTH_CLIENT_SECRET,
        "a-key-that-is-refused",
        "segment-export development secret",
        "c2VnbWVudC1leHBvcnQgZGV2ZWxvcG1lbnQga2V5ISE",
        // How tokens of the caller begin, and what stands in those of the offline Campaign Monitor.
        "eyJ",
        "+/",
        "%2B%2F",
        // Addresses: of profiles, and of callers, as they are and as they stand in a query.
        "@example",
        "%40example",
    ];
    for secret in secrets.into_iter().chain(met.iter().map(String::as_str)) {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
