//! The client of the API: one call each, with its answer as a value.

use std::time::Duration;

use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use url::Url;

use super::calls;
use super::error::{self, Error};
use super::import::{self, ImportResult};
use super::lists::{
    ClientOverview, CustomField, List, ListOverview, ListStats, NewCustomField, NewList,
};

const USER_AGENT: &str = concat!("segment-export/", env!("CARGO_PKG_VERSION"));
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Calls that only read answer faster than an import.
const READ_MAX: Duration = Duration::from_secs(30);
/// Bytes that an answer may have, decompressed: far above a thousand refused subscribers or the lists of an agency.
const ANSWER_MAX: usize = 32 << 20;

/// A way to the API; cheap to clone, one a process.
#[derive(Clone, Debug)]
pub struct CampaignMonitor {
    pub(super) http: reqwest::Client,
    pub(super) base: Url,
    import_max: Duration,
}

/// What proves that an account lets us in.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An account or client key, sent as the user of HTTP Basic.
    ApiKey(SecretString),
    /// An access token of OAuth, sent as bearer.
    AccessToken(SecretString),
}

/// The API with a credential.
#[derive(Clone, Debug)]
pub struct Account {
    api: CampaignMonitor,
    credential: Credential,
}

impl CampaignMonitor {
    /// The API at `base` (`https://api.createsend.com`); an import may take `import_max`.
    pub fn new(base: Url, import_max: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .http1_only()
            .user_agent(USER_AGENT)
            // The API never redirects; profiles and keys go nowhere else.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_MAX)
            .pool_max_idle_per_host(64)
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { http, base, import_max })
    }

    /// The API as `credential` sees it.
    #[must_use]
    pub fn account(&self, credential: Credential) -> Account {
        Account { api: self.clone(), credential }
    }
}

impl Account {
    /// The account's time, in its zone. The cheapest proof that the credential is good.
    pub async fn system_date(&self) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct SystemDate {
            system_date: String,
        }
        let answer: SystemDate = self.get("systemdate.json").await?;
        Ok(answer.system_date)
    }

    pub async fn clients(&self) -> Result<Vec<ClientOverview>, Error> {
        self.get("clients.json").await
    }

    pub async fn lists(&self, client_id: &str) -> Result<Vec<ListOverview>, Error> {
        self.get(&format!("clients/{client_id}/lists.json")).await
    }

    pub async fn list(&self, list_id: &str) -> Result<List, Error> {
        self.get(&format!("lists/{list_id}.json")).await
    }

    /// The subscribers of a list, counted.
    pub async fn stats(&self, list_id: &str) -> Result<ListStats, Error> {
        self.get(&format!("lists/{list_id}/stats.json")).await
    }

    /// The custom fields of a list. Read them before an import: it drops unknown keys silently.
    pub async fn custom_fields(&self, list_id: &str) -> Result<Vec<CustomField>, Error> {
        self.get(&format!("lists/{list_id}/customfields.json")).await
    }

    /// A subscriber in Campaign Monitor's own words, with the consent to tracking and the custom fields that have a
    /// value.
    pub async fn subscriber(&self, list_id: &str, email: &str) -> Result<Value, Error> {
        let path = format!("subscribers/{list_id}.json");
        let query = [("email", email), ("includetrackingpreference", "true")];
        answer(self.request(Method::GET, &path).query(&query), read_span(&path)).await
    }

    /// A page of the subscribers in this state, as it came.
    pub(super) async fn page(
        &self,
        list_id: &str,
        state: &str,
        query: &[(&str, &str)],
    ) -> Result<Bytes, Error> {
        let path = format!("lists/{list_id}/{state}.json");
        text(self.request(Method::GET, &path).query(query), read_span(&path)).await
    }

    /// Creates a list of a client, and returns its id.
    pub async fn create_list(&self, client_id: &str, list: &NewList<'_>) -> Result<String, Error> {
        self.post(&format!("lists/{client_id}.json"), list).await
    }

    /// Creates a custom field of a list, and returns its key, in brackets.
    pub async fn create_custom_field(
        &self,
        list_id: &str,
        field: &NewCustomField<'_>,
    ) -> Result<String, Error> {
        self.post(&format!("lists/{list_id}/customfields.json"), field).await
    }

    /// Adds and updates up to 1000 subscribers. `body` is the JSON that the vendor documents.
    ///
    /// HTTP 400 with code 210 is a partial success, and comes back as a result.
    pub async fn import(&self, list_id: &str, body: Bytes) -> Result<(u16, ImportResult), Error> {
        let request = self
            .request(Method::POST, &format!("subscribers/{list_id}/import.json"))
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .timeout(self.api.import_max)
            .body(body);
        let (status, headers, text) = send(request).await?;
        if status.is_success() {
            return error::parse(&text).map(|result| (status.as_u16(), result));
        }
        match import::partial_success(&text) {
            Some(result) => Ok((status.as_u16(), result)),
            None => Err(Error::from_answer(status, &headers, &text)),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        answer(self.request(Method::GET, path), read_span(path)).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        answer(self.request(Method::POST, path).json(body), write_span("POST", path)).await
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v3.3/{path}", self.api.base.as_str().trim_end_matches('/'));
        let request = self.api.http.request(method, url).header(header::ACCEPT, "application/json");
        match &self.credential {
            Credential::ApiKey(key) => request.basic_auth(key.expose_secret(), Some("x")),
            Credential::AccessToken(token) => request.bearer_auth(token.expose_secret()),
        }
    }
}

/// Without the query, which may have an address.
pub(super) fn read_span(path: &str) -> Span {
    tracing::info_span!(
        "read",
        otel.kind = "client",
        http.request.method = "GET",
        url.path = path,
        http.response.status_code = Empty
    )
}

/// The same for a call that changes something.
pub(super) fn write_span(method: &str, path: &str) -> Span {
    tracing::info_span!(
        "write",
        otel.kind = "client",
        http.request.method = method,
        url.path = path,
        http.response.status_code = Empty
    )
}

/// The answer to a call that is no import.
pub(super) async fn answer<T: DeserializeOwned>(
    request: RequestBuilder,
    span: Span,
) -> Result<T, Error> {
    error::parse(&text(request, span).await?)
}

/// The same for a call whose answer is empty.
pub(super) async fn done(request: RequestBuilder, span: Span) -> Result<(), Error> {
    text(request, span).await.map(drop)
}

/// The same, as it came.
async fn text(request: RequestBuilder, span: Span) -> Result<Bytes, Error> {
    let request = request.timeout(READ_MAX);
    let (status, headers, text) = send(request).instrument(span.clone()).await?;
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_success() {
        return Ok(text);
    }
    Err(Error::from_answer(status, &headers, &text))
}

/// The answer to any call, which is noted for who wants to see it.
pub(super) async fn send(
    request: RequestBuilder,
) -> Result<(StatusCode, header::HeaderMap, Bytes), Error> {
    let (http, request) = request.build_split();
    let request = request.map_err(|error| Error::from_transport(&error))?;
    let noted = calls::begin(&request);
    let answer = exchange(http, request).await;
    if let Some(noted) = noted {
        noted.end(&answer);
    }
    answer
}

async fn exchange(
    http: reqwest::Client,
    request: reqwest::Request,
) -> Result<(StatusCode, header::HeaderMap, Bytes), Error> {
    let sent = http.execute(request).await;
    let mut response = sent.map_err(|error| Error::from_transport(&error))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Error::from_transport(&error))? {
        if text.len() + chunk.len() > ANSWER_MAX {
            tracing::warn!(
                bytes = ANSWER_MAX,
                "an answer of Campaign Monitor is too large, and was not read"
            );
            return Err(Error::Interrupted);
        }
        text.extend_from_slice(&chunk);
    }
    Ok((status, headers, text.into()))
}
