//! Calls of the API of one instance.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::sleep;
use url::Url;
use uuid::Uuid;

/// Reading the files of a segment may take long.
const CALL_MAX: Duration = Duration::from_mins(10);
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Calls that are answered with 429 or 503 are repeated so often.
const TRIES_MAX: u32 = 5;
const PAUSE_MAX: Duration = Duration::from_secs(30);

// Which instance, and by what right. (A comment of documentation would become the help of the command.)
#[derive(clap::Args)]
pub(in crate::commands) struct Target {
    /// Address of the service, as `https://exports.example.com`.
    #[arg(long, env = "SEGMENT_EXPORT_URL")]
    url: Url,
    /// Instance of Customer Insights: a UUID.
    #[arg(long, env = "SEGMENT_EXPORT_INSTANCE")]
    instance: Uuid,
    /// Bearer token of the caller. What the file may change is what this token may do.
    #[arg(long, env = "SEGMENT_EXPORT_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// File that holds the token. A line break at its end does not count.
    #[arg(long, env = "SEGMENT_EXPORT_TOKEN_FILE", conflicts_with = "token")]
    token_file: Option<PathBuf>,
}

/// A call that changes something.
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the instance, as in `/exports`.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// The version that was read: what somebody else has changed meanwhile must not be lost.
    pub(super) version: Option<i64>,
}

pub(super) struct InstanceApi {
    http: reqwest::Client,
    base: String,
    token: SecretString,
    pub(super) instance: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageOf<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl InstanceApi {
    pub(super) fn new(target: Target) -> anyhow::Result<Self> {
        let Target { url, instance, token, token_file } = target;
        let token = match (token, token_file) {
            (Some(token), _) => token,
            (None, Some(file)) => std::fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?
                .trim()
                .into(),
            (None, None) => {
                bail!("a token is missing: set SEGMENT_EXPORT_TOKEN or SEGMENT_EXPORT_TOKEN_FILE")
            }
        };
        let agent = concat!("segment-export/", env!("CARGO_PKG_VERSION"), " apply");
        let http = reqwest::Client::builder()
            .timeout(CALL_MAX)
            .connect_timeout(CONNECT_MAX)
            .user_agent(agent)
            .build()?;
        let base = format!("{}/v1/instances/{instance}", url.as_str().trim_end_matches('/'));
        Ok(Self { http, base, token, instance })
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let call = Call { method: Method::GET, path: path.into(), body: None, version: None };
        let answer = self.send(&call).await?;
        // What a newer service answers may have members that decide something, and that are unknown here.
        serde_json::from_value(answer).with_context(|| {
            format!("this program cannot read what the service answers to GET {path}; use the version of the service")
        })
    }

    /// Every item of a list.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Vec<T>> {
        let (mut items, mut cursor) = (vec![], String::new());
        loop {
            let page: PageOf<T> = self.get(&format!("{path}?limit=200{cursor}")).await?;
            items.extend(page.items);
            let Some(next) = page.next_cursor else { return Ok(items) };
            cursor = format!("&cursor={next}");
        }
    }

    /// The answer of a call. A call that creates is repeated with its key, so that it creates once.
    pub(super) async fn send(&self, call: &Call) -> anyhow::Result<Value> {
        let (key, title) = (Uuid::now_v7().to_string(), format!("{} {}", call.method, call.path));
        for tries in 1.. {
            let response = self.request(call, &key).send().await;
            let response = response.map_err(reqwest::Error::without_url).with_context(|| {
                format!("{title}: the service at {} cannot be reached", self.base)
            })?;
            match pause(&response).filter(|_| tries < TRIES_MAX) {
                Some(pause) => sleep(pause).await,
                None => return answer(response).await.with_context(|| title.clone()),
            }
        }
        bail!("{title}: no answer")
    }

    fn request(&self, call: &Call, key: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(call.method.clone(), format!("{}{}", self.base, call.path));
        let request = request.bearer_auth(self.token.expose_secret());
        let request = match &call.body {
            Some(body) => request.json(body),
            None => request,
        };
        let request = match call.version {
            Some(version) => request.header("If-Match", format!("\"{version}\"")),
            None => request,
        };
        if call.method == Method::POST { request.header("Idempotency-Key", key) } else { request }
    }
}

/// How long the service wants to be left alone, if it does.
fn pause(response: &Response) -> Option<Duration> {
    let is_busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    let header =
        response.headers().get("Retry-After").filter(|_| is_busy.contains(&response.status()))?;
    let seconds = header.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(PAUSE_MAX))
}

/// What the service answers; its error in its own words.
async fn answer(response: Response) -> anyhow::Result<Value> {
    let status = response.status();
    let text = response.text().await?;
    let answer: Value = match serde_json::from_str(&text) {
        Ok(answer) => answer,
        Err(_) if status == StatusCode::NO_CONTENT => Value::Null,
        Err(_) => {
            bail!("the answer ({status}) is not that of the service; check SEGMENT_EXPORT_URL")
        }
    };
    ensure!(status.is_success(), "{}", problem(&answer, status));
    Ok(answer)
}

fn problem(answer: &Value, status: StatusCode) -> String {
    let Some(detail) = answer["detail"].as_str() else { return format!("status {status}") };
    let errors = answer["errors"].as_array().into_iter().flatten();
    let errors = errors.filter_map(|error| {
        let pointer = error["pointer"].as_str().filter(|pointer| !pointer.is_empty())?;
        Some(format!("\n  {pointer}: {}", error["message"].as_str()?))
    });
    let code = answer["errorCode"].as_str().unwrap_or_default();
    format!("{detail} ({code}){}", errors.collect::<String>())
}

/// What an answer has under a name; it fails where another version of the service answers without.
pub(super) fn member<T: DeserializeOwned>(answer: &Value, name: &str) -> anyhow::Result<T> {
    serde_json::from_value(answer[name].clone())
        .with_context(|| format!("the answer of the service has no `{name}`"))
}
