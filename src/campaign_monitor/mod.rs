//! The Campaign Monitor client: requests, answers, and what each error means.
//!
//! Facts are those of API v3.3 (<https://www.campaignmonitor.com/api/v3-3/>). It takes values and
//! returns values, and knows nothing of runs.

pub mod error;
pub mod oauth;

use std::time::Duration;

use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;
use tracing::field::Empty;
use url::Url;

pub use error::{Disposition, Error};

/// Records that one import call may carry.
pub const IMPORT_RECORDS_MAX: usize = 1000;
/// Characters that the value of a custom field may have.
pub const VALUE_CHARS_MAX: usize = 250;

const USER_AGENT: &str = concat!("segment-export/", env!("CARGO_PKG_VERSION"));
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Calls that only read answer faster than an import.
const READ_MAX: Duration = Duration::from_secs(30);

/// A way to the API; cheap to clone, one a process.
#[derive(Clone, Debug)]
pub struct CampaignMonitor {
    http: reqwest::Client,
    base: Url,
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

/// A client (sub-account) that owns lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Client {
    /// 32 hex digits.
    #[serde(rename = "ClientID")]
    pub client_id: String,
    /// Its name.
    pub name: String,
}

/// A list in a client's overview.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListOverview {
    /// 32 hex digits.
    #[serde(rename = "ListID")]
    pub list_id: String,
    /// Its name.
    pub name: String,
}

/// A list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct List {
    /// 32 hex digits.
    #[serde(rename = "ListID")]
    pub list_id: String,
    /// Its name.
    pub title: String,
    /// Double opt-in: new subscribers get a mail that asks them to confirm.
    pub confirmed_opt_in: bool,
}

/// How many subscribers of each state a list has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListStats {
    /// Subscribers that get mail.
    pub total_active_subscribers: i64,
    /// Subscribers that left.
    pub total_unsubscribes: i64,
    /// Subscribers that were deleted.
    pub total_deleted: i64,
    /// Subscribers whose mail came back.
    pub total_bounces: i64,
}

/// A custom field of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomField {
    /// Its name.
    pub field_name: String,
    /// Its key in brackets, as in `[city]`.
    pub key: String,
    /// What values it takes.
    pub data_type: DataType,
    /// The values to choose from, where there is a choice.
    #[serde(default)]
    pub field_options: Vec<String>,
}

/// What values a custom field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names are the vendor's and say it all")]
pub enum DataType {
    Text,
    Number,
    MultiSelectOne,
    MultiSelectMany,
    Date,
    Country,
    USState,
    /// A type made up after this was written; its values are sent as they are.
    #[serde(other)]
    Other,
}

/// What an import did.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportResult {
    /// New on the list.
    pub total_new_subscribers: i64,
    /// On the list before, and updated.
    pub total_existing_subscribers: i64,
    /// Records that were refused.
    #[serde(default)]
    pub failure_details: Vec<ImportFailure>,
}

/// A record that an import refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportFailure {
    /// The address, as it was sent.
    pub email_address: String,
    /// Why, as a number.
    #[serde(deserialize_with = "error::lenient_code")]
    pub code: i64,
    /// Why, in the vendor's words.
    #[serde(default)]
    pub message: String,
}

impl CustomField {
    /// The key as imports name it: without the brackets.
    #[must_use]
    pub fn bare_key(&self) -> &str {
        bare(&self.key)
    }
}

/// A key without its brackets: both forms are in use.
#[must_use]
pub fn bare(key: &str) -> &str {
    key.strip_prefix('[').and_then(|key| key.strip_suffix(']')).unwrap_or(key)
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

    /// The clients of the account.
    pub async fn clients(&self) -> Result<Vec<Client>, Error> {
        self.get("clients.json").await
    }

    /// The lists of a client.
    pub async fn lists(&self, client_id: &str) -> Result<Vec<ListOverview>, Error> {
        self.get(&format!("clients/{client_id}/lists.json")).await
    }

    /// One list.
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
        match error::partial_success(&text) {
            Some(result) => Ok((status.as_u16(), result)),
            None => Err(Error::from_answer(status, &headers, &text)),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let span = tracing::info_span!(
            "read",
            otel.kind = "client",
            http.request.method = "GET",
            url.path = path,
            http.response.status_code = Empty
        );
        let request = self.request(Method::GET, path).timeout(READ_MAX);
        let (status, headers, text) = send(request).instrument(span.clone()).await?;
        span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_success() {
            return error::parse(&text);
        }
        Err(Error::from_answer(status, &headers, &text))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v3.3/{path}", self.api.base.as_str().trim_end_matches('/'));
        let request = self.api.http.request(method, url).header(header::ACCEPT, "application/json");
        match &self.credential {
            Credential::ApiKey(key) => request.basic_auth(key.expose_secret(), Some("x")),
            Credential::AccessToken(token) => request.bearer_auth(token.expose_secret()),
        }
    }
}

async fn send(request: RequestBuilder) -> Result<(StatusCode, header::HeaderMap, Bytes), Error> {
    let response = request.send().await.map_err(|error| Error::from_transport(&error))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.bytes().await.map_err(|error| Error::from_transport(&error))?;
    Ok((status, headers, text))
}
