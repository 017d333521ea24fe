//! A running sandbox for each test, and calls to it in one line.

use reqwest::{Client, Method, RequestBuilder, Response};
use segment_export::sandbox::{API_KEY, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, Sandbox};
use serde_json::Value;
use url::Url;

/// The redirect address of the application in these tests.
pub const REDIRECT: &str = "http://localhost:8080/callback?from=sandbox";

/// The sandbox of one test, and an HTTP client for it.
pub struct World {
    pub sandbox: Sandbox,
    pub http: Client,
}

impl World {
    pub async fn start() -> Self {
        let sandbox = Sandbox::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { sandbox, http }
    }

    /// A call without credentials; `path` is the whole path.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.sandbox.url().join(path).unwrap())
    }

    /// A call of the API with the account key; `path` is what follows the version.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v3.3/{path}");
        self.anonymous(method, &path).basic_auth(API_KEY, Some("x"))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    /// A command to the sandbox itself, which must succeed.
    pub async fn command(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.anonymous(method, &format!("/sandbox/{path}")).json(&body);
        let (status, answer) = answer(request).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub async fn faults(&self, plan: Value) {
        self.command(Method::PUT, "faults", plan).await;
    }

    pub async fn settings(&self, settings: Value) {
        self.command(Method::PUT, "settings", settings).await;
    }

    pub async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        answer(self.anonymous(Method::POST, "/oauth/token").form(form)).await
    }

    /// The redirect of the authorize page.
    pub async fn authorize(&self, scope: &str, state: &str) -> Url {
        let query = [
            ("type", "web_server"),
            ("client_id", OAUTH_CLIENT_ID),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", state),
        ];
        let response = self.anonymous(Method::GET, "/oauth").query(&query).send().await.unwrap();
        assert_eq!(response.status(), 302);
        Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
    }

    /// Signs in by OAuth; returns the tokens.
    pub async fn connect(&self, scope: &str) -> Value {
        self.settings(serde_json::json!({"oauth": {"autoApprove": true}})).await;
        let code = parameter(&self.authorize(scope, "").await, "code").unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", OAUTH_CLIENT_ID),
            ("client_secret", OAUTH_CLIENT_SECRET),
            ("redirect_uri", REDIRECT),
            ("code", &code),
        ];
        let (status, tokens) = self.token(&form).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }
}

/// A parameter of a URL.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

/// The status and the JSON of the answer, null for an empty body.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    json_of(request.send().await.unwrap()).await
}

pub async fn json_of(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    (status, value)
}
