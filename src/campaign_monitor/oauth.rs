//! OAuth as Campaign Monitor speaks it (<https://www.campaignmonitor.com/api/v3-3/getting-started/>): the page
//! where a person lets us in, the exchange of a code for tokens, and their renewal.
//!
//! An answer is a refusal when it has an `error`, whatever its status. Tokens hold `+`, `/` and `=`, so they travel
//! as form values. A renewal carries the refresh token alone; the answer may bring a new one, the same, or none.

use std::time::Duration;

use reqwest::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::client::{CampaignMonitor, send};
use super::envelope::lenient_code;
use super::error::{self, Error};

/// What we ask for: to read lists and their fields, and to import.
const SCOPES: &str = "ImportSubscribers,ManageLists";
/// How long a token call may take; well below the time that one process may spend on a renewal.
pub const TOKEN_CALL_MAX: Duration = Duration::from_secs(15);

/// The application that is registered at Campaign Monitor.
#[derive(Clone, Debug)]
pub struct Application {
    pub client_id: String,
    pub client_secret: SecretString,
    /// Where people come back to; registered with the application.
    pub redirect_url: Url,
}

/// What lets us into an account.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Sent with each call.
    pub access: SecretString,
    /// Exchanged for new tokens; another one each time, or the same.
    pub refresh: SecretString,
    /// How long the access token lives, if the answer said so.
    pub life: Option<Duration>,
}

impl CampaignMonitor {
    /// The page where a person lets `application` in; it comes back with `state`.
    #[must_use]
    pub fn authorize_url(&self, application: &Application, state: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/oauth", self.base.path().trim_end_matches('/')));
        url.query_pairs_mut()
            .append_pair("type", "web_server")
            .append_pair("client_id", &application.client_id)
            .append_pair("redirect_uri", application.redirect_url.as_str())
            .append_pair("scope", SCOPES)
            .append_pair("state", state);
        url
    }

    /// Exchanges the code that a person came back with. A code is good for one exchange.
    pub async fn exchange(&self, application: &Application, code: &str) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &application.client_id),
            ("client_secret", application.client_secret.expose_secret()),
            ("redirect_uri", application.redirect_url.as_str()),
            ("code", code),
        ];
        let granted = self.token(&form).await?;
        granted.tokens(None).ok_or(Error::Interrupted)
    }

    /// Exchanges a refresh token for new tokens. The old ones may be worth nothing from then on.
    pub async fn renew(&self, refresh: &SecretString) -> Result<Tokens, Error> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
        let granted = self.token(&form).await?;
        granted.tokens(Some(refresh)).ok_or(Error::Interrupted)
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<Granted, Error> {
        let url = format!("{}/oauth/token", self.base.as_str().trim_end_matches('/'));
        let request = self.http.post(url).header(header::ACCEPT, "application/json");
        let (status, headers, text) = send(request.timeout(TOKEN_CALL_MAX).form(form)).await?;
        read(status, &headers, &text)
    }
}

/// `{"access_token": …, "expires_in": 1209600, "refresh_token": …}`.
#[derive(Debug, Deserialize)]
struct Granted {
    access_token: SecretString,
    #[serde(default)]
    refresh_token: Option<SecretString>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<Duration>,
}

/// `{"error": "invalid_grant", "error_description": …}`.
#[derive(Deserialize)]
struct Denied {
    error: String,
}

fn read(status: StatusCode, headers: &header::HeaderMap, text: &[u8]) -> Result<Granted, Error> {
    let denied = serde_json::from_slice::<Denied>(text).ok();
    let is_passing = status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || denied.as_ref().is_some_and(|denied| denied.error == "server_error");
    match denied {
        _ if is_passing => Err(Error::from_answer(
            if status.is_success() { StatusCode::INTERNAL_SERVER_ERROR } else { status },
            headers,
            text,
        )),
        Some(denied) => Err(Error::GrantRefused(denied.error)),
        None if status.is_success() => error::parse(text),
        None => Err(Error::from_answer(status, headers, text)),
    }
}

impl Granted {
    /// The tokens; without a new refresh token, the `old` one stays.
    fn tokens(self, old: Option<&SecretString>) -> Option<Tokens> {
        let given = |token: &SecretString| !token.expose_secret().is_empty();
        let refresh = self.refresh_token.filter(given).or_else(|| old.cloned())?;
        let access = Some(self.access_token).filter(given)?;
        Some(Tokens { access, refresh, life: self.expires_in })
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = lenient_code(deserializer)?;
    Ok(u64::try_from(seconds).ok().map(Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, text: &str) -> Result<Tokens, Error> {
        let status = StatusCode::from_u16(status).unwrap();
        let old = SecretString::from("old+/=");
        let granted = read(status, &header::HeaderMap::new(), text.as_bytes())?;
        granted.tokens(Some(&old)).ok_or(Error::Interrupted)
    }

    #[test]
    fn a_renewal_may_bring_a_new_refresh_token_or_none() {
        let cases = [
            (r#"{"access_token":"a+/=","expires_in":1209600,"refresh_token":"new+/="}"#, "new+/="),
            (r#"{"access_token":"a+/=","expires_in":"1209600","refresh_token":""}"#, "old+/="),
            (r#"{"access_token":"a+/=","expires_in":1209600}"#, "old+/="),
        ];
        for (text, refresh) in cases {
            let tokens = answer(200, text).unwrap();
            assert_eq!(tokens.access.expose_secret(), "a+/=", "{text}");
            assert_eq!(tokens.refresh.expose_secret(), refresh, "{text}");
            assert_eq!(tokens.life, Some(Duration::from_hours(14 * 24)), "{text}");
        }
        assert_eq!(answer(200, r#"{"access_token":"a"}"#).unwrap().life, None);
    }

    #[test]
    fn a_refusal_is_told_by_its_error_and_not_by_its_status() {
        let refusal = r#"{"error":"invalid_grant","error_description":"Specified code was invalid or expired"}"#;
        for status in [200, 400, 401] {
            let error = answer(status, refusal).unwrap_err();
            assert!(matches!(&error, Error::GrantRefused(error) if error == "invalid_grant"));
        }
    }

    #[test]
    fn trouble_on_their_side_is_no_refusal() {
        let trouble = r#"{"error":"server_error"}"#;
        for (status, text) in [(200, trouble), (500, trouble), (503, "<html>"), (429, "{}")] {
            let error = answer(status, text).unwrap_err();
            assert!(
                matches!(error.disposition(), super::super::error::Disposition::Retry(_)),
                "{status}"
            );
        }
        assert!(matches!(answer(200, "<html>").unwrap_err(), Error::Interrupted));
    }

    #[test]
    fn tokens_are_not_in_the_debug_form() {
        let tokens = answer(200, r#"{"access_token":"hush","refresh_token":"hush"}"#).unwrap();
        assert!(!format!("{tokens:?}").contains("hush"));
    }
}
