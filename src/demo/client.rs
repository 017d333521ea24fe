//! Calls to the service, as a front end makes them.

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

/// The API of one instance.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// The API at `url`, for `instance`.
    pub fn new(url: &Url, instance: Uuid, token: String) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().build()?;
        Ok(Self { http, base: format!("{url}v1/instances/{instance}"), token })
    }

    /// Makes a call with a JSON body. What the service refuses is an error in its own words.
    pub async fn call(
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

    /// Sends members.
    pub async fn upload(&self, path: &str, media: &str, members: Vec<u8>) -> anyhow::Result<Value> {
        let request = self.request(Method::PUT, path).header("Content-Type", media).body(members);
        answer(request, path).await
    }

    /// Reads something.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// Reads a whole list of rejections, a JSON object a line.
    pub async fn lines(&self, path: &str) -> anyhow::Result<Vec<Value>> {
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
    let is_good = response.status().is_success();
    let answer: Value =
        response.json().await.with_context(|| format!("reading the answer of {path}"))?;
    anyhow::ensure!(
        is_good,
        "{path} was refused: {}",
        answer["detail"].as_str().unwrap_or_default()
    );
    Ok(answer)
}
