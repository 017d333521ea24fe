//! Headers for browsers: what may be stored, framed and read, and by pages of which origin.

use reqwest::{Method, Response};
use serde_json::json;

use crate::support::{TestApp, people, refused};

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_that_it_is_not_sniffed_framed_or_named_to_others_and_the_api_not_stored()
{
    let app = TestApp::start().await;
    let pages =
        ["livez", "readyz", "metrics", "openapi.json", "swagger-ui/", "console/", "console", "no"];
    let mut answers = vec![];
    for page in pages {
        answers.push(app.anonymous(Method::GET, page).send().await.unwrap());
    }
    answers
        .push(app.anonymous(Method::GET, "oauth/campaign-monitor/callback").send().await.unwrap());
    let api = answers.len();
    for (method, path) in [(Method::GET, "/runs"), (Method::DELETE, "/runs"), (Method::GET, "/no")]
    {
        answers.push(app.request("Admin", method, path).send().await.unwrap());
    }
    answers.push(app.request("Viewer", Method::GET, "/connections").send().await.unwrap());
    answers.push(app.anonymous(Method::GET, "v1/instances/x/runs").send().await.unwrap());
    let bad = app.request("Admin", Method::POST, "/connections").json(&json!({"colour": 1}));
    answers.push(bad.send().await.unwrap());
    for (n, answer) in answers.iter().enumerate() {
        let url = answer.url();
        assert_eq!(header(answer, "x-content-type-options"), "nosniff", "{url}");
        assert_eq!(header(answer, "referrer-policy"), "no-referrer", "{url}");
        assert_eq!(header(answer, "x-frame-options"), "DENY", "{url}");
        let policy = header(answer, "content-security-policy");
        let is_strict = policy.contains("default-src 'none'");
        assert!(is_strict && policy.contains("frame-ancestors 'none'"), "{url}: {policy}");
        assert!(n < api || header(answer, "cache-control") == "no-store", "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_comes_as_a_file_is_saved_under_its_noun() {
    let app = TestApp::start().await;
    app.segment("People", &people(2)).await;
    let export = app.export(&app.connection().await).await;
    let run = app.start_run(&export).await;
    app.ended(&run).await;
    let path = format!("/runs/{run}/rejections");
    for (media, ending) in [("text/csv", "csv"), ("application/x-ndjson", "ndjson")] {
        for list in ["rejections", "value-problems"] {
            let path = format!("/runs/{run}/{list}");
            let answer = app.request("Admin", Method::GET, &path).header("Accept", media);
            let answer = answer.send().await.unwrap();
            let expected = format!("attachment; filename=\"{list}.{ending}\"");
            assert_eq!(header(&answer, "content-disposition"), expected);
        }
    }
    let page = app.request("Admin", Method::GET, &path).send().await.unwrap();
    assert_eq!(header(&page, "content-disposition"), "", "a page is no file");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_wherever_get_is_and_has_no_body() {
    let app = TestApp::start().await;
    app.segment("People", &people(2)).await;
    let export = app.export(&app.connection().await).await;
    let run = app.start_run(&export).await;
    app.ended(&run).await;
    let instance = format!("v1/instances/{}", app.instance);
    let of_instance =
        ["/exports", "/runs", "/segments/People", "/segments/People/members", "/nothing"];
    let mut paths: Vec<_> = of_instance.iter().map(|path| format!("{instance}{path}")).collect();
    paths.push(format!("{instance}/exports/{export}"));
    paths.push(format!("{instance}/runs/{run}/events"));
    paths
        .extend(["livez", "openapi.json", "swagger-ui/", "console/config.json"].map(str::to_owned));
    for path in paths {
        let ask = async |method| {
            let call = app.anonymous(method, &path).bearer_auth(app.token("Admin"));
            call.send().await.unwrap()
        };
        let (head, get) = (ask(Method::HEAD).await, ask(Method::GET).await);
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "etag", "content-length"] {
            // A problem has an id of its own, of the same length.
            assert_eq!(header(&head, name), header(&get, name), "{path}: {name}");
        }
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
    let head = app.anonymous(Method::HEAD, &format!("{instance}/runs")).send().await.unwrap();
    assert_eq!(head.status(), 401, "and asks for a token as GET does");
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_can_be_switched_off_and_keeps_tokens_only_when_told_to() {
    let mut app = TestApp::start().await;
    let keeps = async |app: &TestApp| {
        let script = app.anonymous(Method::GET, "swagger-ui/swagger-initializer.js");
        let script = script.send().await.unwrap().text().await.unwrap();
        assert!(script.contains("persistAuthorization"), "{script}");
        script.contains("\"persistAuthorization\": true")
    };
    assert!(!keeps(&app).await);
    app.restart_with(&["--swagger-ui-keep-token"]).await;
    assert!(keeps(&app).await);
    app.restart_with(&["--swagger-ui", "false"]).await;
    for page in ["swagger-ui", "swagger-ui/", "swagger-ui/index.html"] {
        for method in [Method::GET, Method::POST] {
            refused(app.anonymous(method, page).send().await.unwrap(), 404).await;
        }
    }
    let document = app.anonymous(Method::GET, "openapi.json").send().await.unwrap();
    assert_eq!(document.status(), 200, "the document stays");
}

/// What a browser asks before a page of `origin` may call.
async fn preflight(app: &TestApp, origin: &str, method: &str) -> Response {
    let path = format!("v1/instances/{}/exports", app.instance);
    app.anonymous(Method::OPTIONS, &path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", "authorization,if-match,idempotency-key")
        .send()
        .await
        .unwrap()
}

const FRONT_END: &str = "https://app.example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_named_origin_may_call_and_read_and_any_other_may_not() {
    let app = TestApp::start_with(&["--cors-origins", FRONT_END]).await;
    let allowed = preflight(&app, FRONT_END, "PATCH").await;
    assert_eq!(header(&allowed, "access-control-allow-origin"), FRONT_END);
    assert!(header(&allowed, "access-control-allow-methods").contains("PATCH"));
    let headers = header(&allowed, "access-control-allow-headers").to_lowercase();
    assert!(headers.contains("authorization") && headers.contains("if-match"), "{headers}");
    assert_eq!(header(&allowed, "access-control-allow-credentials"), "", "tokens are no cookies");

    let path = format!("v1/instances/{}/exports", app.instance);
    let ask = async |origin: &str, token: &str| {
        let call = app.anonymous(Method::GET, &path).header("Origin", origin);
        call.bearer_auth(token).send().await.unwrap()
    };
    for (token, status) in [(app.token("Admin"), 200), ("nonsense".into(), 401)] {
        let answer = ask(FRONT_END, &token).await;
        assert_eq!(answer.status(), status);
        assert_eq!(header(&answer, "access-control-allow-origin"), FRONT_END, "{status}");
        assert!(header(&answer, "vary").to_lowercase().contains("origin"));
        let exposed = header(&answer, "access-control-expose-headers").to_lowercase();
        let mut exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
        exposed.sort_unstable();
        let expected = ["content-disposition", "etag", "idempotency-replayed", "location"];
        let limits = ["ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];
        assert_eq!(exposed, [&expected[..], &limits].concat());
    }
    let strangers = ["https://app.example.com.evil.example", "http://app.example.com", "null"];
    for stranger in strangers.into_iter().chain(["https://app.example.com:8443"]) {
        let answer = ask(stranger, &app.token("Admin")).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{stranger}");
        let answer = preflight(&app, stranger, "GET").await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{stranger}");
        let problem = refused(answer, 400).await;
        assert!(problem["detail"].as_str().unwrap().contains("SEGMENT_EXPORT_CORS_ORIGINS"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_no_page_of_another_origin_may_call() {
    let app = TestApp::start().await;
    refused(preflight(&app, FRONT_END, "GET").await, 405).await;
    let answer = app.request("Admin", Method::GET, "/exports").header("Origin", FRONT_END);
    let answer = answer.send().await.unwrap();
    assert_eq!(header(&answer, "access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_secrets_that_everybody_knows_only_the_names_of_this_machine_are_answered() {
    let mut app = TestApp::start().await;
    let path = format!("v1/instances/{}/exports", app.instance);
    let ask = async |app: &TestApp, host: &str| {
        let call = app.anonymous(Method::GET, &path).bearer_auth(app.token("Admin"));
        call.header("Host", host).send().await.unwrap()
    };
    for host in ["rebind.example", "rebind.example:8080", "127.0.0.1.rebind.example"] {
        let problem = refused(ask(&app, host).await, 400).await;
        assert!(problem["detail"].as_str().unwrap().contains("localhost"), "{problem}");
    }
    for host in ["localhost", "127.0.0.1:8080", "[::1]:8080"] {
        assert_eq!(ask(&app, host).await.status(), 200, "{host}");
    }
    app.restart_with(&["--auth-hs256-secret", "a secret of our own, hard to guess"]).await;
    let alive = app.anonymous(Method::GET, "livez").header("Host", "export.example.com");
    assert_eq!(alive.send().await.unwrap().status(), 200, "it has a secret of its own");
}
