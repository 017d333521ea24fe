//! What every test of the sandbox needs: a running one, and calls in one line.

use reqwest::{Client, Method, RequestBuilder, Response};
use segment_export::sandbox::{API_KEY, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, Sandbox};
use serde_json::Value;
use url::Url;

/// Where the application of these tests is sent back to.
pub const REDIRECT: &str = "http://localhost:8080/callback?from=sandbox";

/// A sandbox of a test's own and a client of it.
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

    /// An order to the sandbox itself, which must succeed.
    pub async fn order(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.anonymous(method, &format!("/sandbox/{path}")).json(&body);
        let (status, answer) = answer(request).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Puts a fault plan in force.
    pub async fn faults(&self, plan: Value) {
        self.order(Method::PUT, "faults", plan).await;
    }

    pub async fn settings(&self, settings: Value) {
        self.order(Method::PUT, "settings", settings).await;
    }

    /// The token endpoint's answer to a form.
    pub async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        answer(self.anonymous(Method::POST, "/oauth/token").form(form)).await
    }

    /// The redirect with which the authorize page answers.
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

    /// Goes through the whole of OAuth and brings back the tokens.
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

/// A parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

/// Sends a call; its status and its JSON, null for an empty body.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    json_of(request.send().await.unwrap()).await
}

pub async fn json_of(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    (status, value)
}
