//! Posts to addresses that users choose: never to a private one, and never where an answer points to.

use std::error::Error as StdError;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::guard::{AddressGuard, AddressRefused};

const USER_AGENT: &str = concat!("segment-export/", env!("CARGO_PKG_VERSION"));
/// How long a post may take, as Standard Webhooks advise.
const POST_MAX: Duration = Duration::from_secs(20);
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// A way to addresses that users choose; cheap to clone.
#[derive(Clone, Debug)]
pub struct Web {
    http: reqwest::Client,
    guard: AddressGuard,
}

/// What the other side answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostAnswer {
    pub status: u16,
    /// How long it asks us to wait.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    #[error(transparent)]
    Refused(#[from] AddressRefused),
    #[error("the URL cannot be read")]
    BadUrl,
    #[error("the address did not answer within {} s", POST_MAX.as_secs())]
    TimedOut,
    #[error("the address cannot be reached, or its certificate is not trusted")]
    Unreachable,
}

impl Web {
    /// Without a proxy, because a proxy would resolve names that nobody has checked.
    pub fn new(allow_private: bool) -> reqwest::Result<Self> {
        Self::guarded_by(AddressGuard::new(allow_private))
    }

    fn guarded_by(guard: AddressGuard) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .dns_resolver(guard.clone())
            .connect_timeout(CONNECT_MAX)
            .timeout(POST_MAX)
            .build()?;
        Ok(Self { http, guard })
    }

    /// Whether something may be sent to this URL now.
    pub async fn check(&self, url: &Url) -> Result<(), AddressRefused> {
        self.guard.check(url).await
    }

    /// Posts JSON. The body of the answer is not read.
    pub async fn post(
        &self,
        url: &SecretString,
        headers: HeaderMap,
        body: String,
    ) -> Result<PostAnswer, PostError> {
        let url = Url::parse(url.expose_secret()).map_err(|_| PostError::BadUrl)?;
        // The client resolves names by the guard, but asks nobody about an address.
        if url.domain().is_none() {
            self.guard.check(&url).await?;
        }
        let request = self.http.post(url).headers(headers);
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let answer = request.send().await.map_err(|error| explain(&error))?;
        let (status, retry_after) = (answer.status().as_u16(), retry_after(answer.headers()));
        Ok(PostAnswer { status, retry_after })
    }
}

/// The error of the client names the URL, which is a secret.
fn explain(error: &reqwest::Error) -> PostError {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<AddressRefused>() {
            return PostError::Refused(*refused);
        }
        cause = inner.source();
    }
    if error.is_timeout() { PostError::TimedOut } else { PostError::Unreachable }
}

/// `Retry-After` in seconds, or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let sent = headers.get("date").and_then(|date| date.to_str().ok());
    let sent = DateTime::parse_from_rfc2822(sent?).ok()?;
    (DateTime::parse_from_rfc2822(text).ok()? - sent).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::super::guard::tests::resolving;
    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_elsewhere_after_it_was_saved_is_not_called() {
        let web = Web::guarded_by(resolving(&[&["1.1.1.1"], &["127.0.0.1"]])).unwrap();
        let url = Url::parse("http://hooks.example.com:9/x").unwrap();
        assert_eq!(web.check(&url).await, Ok(()), "as it is saved");
        let posted = web.post(&url.as_str().into(), HeaderMap::new(), "{}".to_owned()).await;
        assert_eq!(posted, Err(PostError::Refused(AddressRefused::Private)));
    }

    #[tokio::test]
    async fn an_address_is_checked_at_every_try() {
        let web = Web::new(false).unwrap();
        let url = "http://127.0.0.1:9/x".into();
        let posted = web.post(&url, HeaderMap::new(), "{}".to_owned()).await;
        assert_eq!(posted, Err(PostError::Refused(AddressRefused::Private)));
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            retry_after(&headers)
        };
        assert_eq!(headers(&[("retry-after", "120")]), Some(Duration::from_mins(2)));
        let (date, later) = ("Mon, 30 Nov 2026 09:00:00 GMT", "Mon, 30 Nov 2026 09:01:00 GMT");
        let asked = headers(&[("retry-after", later), ("date", date)]);
        assert_eq!(asked, Some(Duration::from_mins(1)));
        assert_eq!(headers(&[("retry-after", "soon")]), None);
        assert_eq!(headers(&[]), None);
    }
}
