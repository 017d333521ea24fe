//! Calls to the service, as a front end makes them.

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

/// The API of one instance.
pub(super) struct ApiClient {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl ApiClient {
    pub(super) fn new(url: &Url, instance: Uuid, token: String) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().build()?;
        Ok(Self { http, base: format!("{url}v1/instances/{instance}"), token })
    }

    /// The error of a rejected call has the message of the service.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        answer(request, path).await
    }

    pub(super) async fn upload(
        &self,
        path: &str,
        media: &str,
        members: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let request = self.request(Method::PUT, path).header("Content-Type", media).body(members);
        answer(request, path).await
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// Downloads a list as NDJSON.
    pub(super) async fn download(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let request = self.request(Method::GET, path).header("Accept", "application/x-ndjson");
        let text = request.send().await?.error_for_status()?.text().await?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }
}

async fn answer(request: RequestBuilder, path: &str) -> anyhow::Result<Value> {
    let response = request.send().await.with_context(|| format!("calling {path}"))?;
    let is_success = response.status().is_success();
    let answer: Value =
        response.json().await.with_context(|| format!("reading the answer of {path}"))?;
    anyhow::ensure!(
        is_success,
        "{path} was rejected: {}",
        answer["detail"].as_str().unwrap_or_default()
    );
    Ok(answer)
}

/// A member of an answer that is a string.
pub(super) fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_default().to_owned()
}
