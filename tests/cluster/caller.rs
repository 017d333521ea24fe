//! A caller of the service, as a front end would be.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use segment_export::sandbox::API_KEY;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::processes::{token, token_named};

const ANSWER_MAX: Duration = Duration::from_mins(2);
/// Something is away, or the machine is so busy that the request came in too slowly.
const COME_AGAIN: [StatusCode; 2] = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT];

/// Calls the service as a front end would.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    pub ports: Vec<u16>,
    instance: Uuid,
    token: String,
}

impl Caller {
    /// A caller that may do everything in an instance of its own, and knows the ports of all APIs.
    pub async fn new(ports: Vec<u16>) -> Result<Self> {
        let http = Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { http, ports, instance: Uuid::now_v7(), token: token().await? })
    }

    /// Somebody else who may do everything in the same instance.
    pub async fn other(&self, subject: &str) -> Result<Self> {
        Ok(Self { token: token_named(subject).await?, ..self.clone() })
    }

    /// A connection that is ready to use.
    pub async fn add_connection(&self, name: &str) -> Result<String> {
        let new = json!({"displayName": name, "type": "campaignMonitor", "consent": {"agreed": true},
            "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
        let made = self.call(Method::POST, "/connections", Some(new)).await?;
        let id = text(&made, "connectionId")?;
        self.call(Method::PUT, &format!("/connections/{id}/export-user"), None).await?;
        Ok(id)
    }

    /// A segment with these members, as CSV.
    pub async fn add_segment(&self, name: &str, members: String) -> Result<()> {
        let path = format!("/segments/{name}");
        self.call(Method::PUT, &path, Some(json!({"displayName": name}))).await?;
        self.put_members(name, members).await
    }

    /// Other members for a segment, as CSV, or none.
    pub async fn put_members(&self, segment: &str, members: String) -> Result<()> {
        let path = format!("/segments/{segment}/members?allowEmpty=true");
        let upload = |port| {
            let request = self.request(port, Method::PUT, &path).header("Content-Type", "text/csv");
            request.body(members.clone())
        };
        self.insist(&path, upload).await.map(drop)
    }

    /// An export of a segment that has `Email` and `City`.
    pub async fn add_export(&self, segment: &str, connection: &str, list: &str) -> Result<String> {
        let new = json!({"displayName": segment, "connectionId": connection, "listId": list,
            "segments": [segment],
            "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
        text(&self.call(Method::POST, "/exports", Some(new)).await?, "exportId")
    }

    /// Makes a call once, whatever comes of it.
    pub async fn once(&self, method: Method, path: &str) -> Result<Response> {
        Ok(self.request(self.ports[0], method, path).send().await?)
    }

    /// The problem of a call that must be refused with this status.
    pub async fn refusal(
        &self,
        status: u16,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Value> {
        let answer = self.request(self.ports[0], method, path).json(&body).send().await?;
        let actual = answer.status();
        let problem = answer.json().await?;
        ensure!(actual == status, "{path} was answered {actual}: {problem}");
        Ok(problem)
    }

    /// A call of the API at `port`.
    pub fn request(&self, port: u16, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://127.0.0.1:{port}/v1/instances/{}{path}", self.instance);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// Makes a call, again until an API answers it: each may be dead, or without a database, for a while.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = |port| {
            let request = self.request(port, method.clone(), path);
            body.iter().fold(request, reqwest::RequestBuilder::json)
        };
        Ok(serde_json::from_str(&self.insist(path, request).await?)?)
    }

    /// Makes a call that may be refused because something has changed meanwhile; then there is no answer.
    pub async fn attempt(&self, path: &str, body: &Value) -> Result<Option<Value>> {
        let request = |port| self.request(port, Method::POST, path).json(body);
        let (status, text) = self.answer(path, request).await?;
        ensure!(status.is_success() || status == StatusCode::CONFLICT, "{path}: {status} {text}");
        Ok(if status.is_success() { Some(serde_json::from_str(&text)?) } else { None })
    }

    /// Everything at a path, a line each.
    pub async fn lines(&self, path: &str) -> Result<Vec<Value>> {
        let accept = |request: RequestBuilder| request.header("Accept", "application/x-ndjson");
        let request = |port| accept(self.request(port, Method::GET, path));
        let text = self.insist(path, request).await?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    async fn insist(&self, path: &str, request: impl Fn(u16) -> RequestBuilder) -> Result<String> {
        let (status, text) = self.answer(path, request).await?;
        ensure!(status.is_success(), "{path} was refused: {status} {text}");
        Ok(text)
    }

    /// Asks one API after the other until one has given a whole answer.
    async fn answer(
        &self,
        path: &str,
        request: impl Fn(u16) -> RequestBuilder,
    ) -> Result<(StatusCode, String)> {
        let (started, key) = (Instant::now(), Uuid::now_v7().to_string());
        for port in self.ports.iter().cycle() {
            let request = request(*port).header("Idempotency-Key", &key);
            if let Ok((status, text)) = whole(request).await
                && !COME_AGAIN.contains(&status)
            {
                return Ok((status, text));
            }
            ensure!(started.elapsed() < ANSWER_MAX, "no API answers {path}");
            sleep(Duration::from_millis(50)).await;
        }
        bail!("there is no API")
    }
}

async fn whole(request: RequestBuilder) -> reqwest::Result<(StatusCode, String)> {
    let answer = request.send().await?;
    Ok((answer.status(), answer.text().await?))
}

pub fn text(value: &Value, member: &str) -> Result<String> {
    Ok(value[member].as_str().with_context(|| format!("no {member} in {value}"))?.to_owned())
}
