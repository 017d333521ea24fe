//! The URL of a channel. It may hold a secret, so it is never shown again.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

/// The most characters: those of Teams have about 300.
const CHARACTERS_MAX: usize = 2000;

/// An address of the web as it is typed in.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SecretText")]
pub struct TargetUrl(SecretString);

/// Keeps the text of a rejected URL out of the refusal.
#[derive(Deserialize)]
struct SecretText(SecretString);

impl TryFrom<SecretText> for TargetUrl {
    type Error = &'static str;

    fn try_from(text: SecretText) -> Result<Self, Self::Error> {
        let text = text.0.expose_secret().trim();
        let url = Url::parse(text).ok().filter(|_| text.len() <= CHARACTERS_MAX);
        let url = url.filter(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        });
        let url = url.ok_or(
            "the URL of a channel begins with `https://`, has at most 2000 characters, and holds no user, password or \
             fragment",
        )?;
        Ok(Self(url.as_str().into()))
    }
}

impl TargetUrl {
    /// Back from where it was sealed.
    pub(super) const fn trusted(url: SecretString) -> Self {
        Self(url)
    }

    #[must_use]
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// To be checked; nothing of it may be shown.
    #[must_use]
    pub fn parsed(&self) -> Option<Url> {
        Url::parse(self.0.expose_secret()).ok()
    }

    /// Whether nobody on the way can read what is sent.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.expose_secret().starts_with("https://")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_a_host_of_the_web_and_is_not_repeated_when_it_is_rejected() {
        let read = |text: &str| serde_json::from_value::<TargetUrl>(text.into());
        for good in ["https://hooks.example.com/a?b=c", "http://127.0.0.1:8/x"] {
            assert_eq!(read(good).unwrap().secret().expose_secret(), good);
        }
        let long = format!("https://secret.example/{}", "x".repeat(2000));
        let bad = ["secret", "ftp://secret", "https://u:secret@host/", "https://host/#secret"];
        for bad in bad.into_iter().chain([long.as_str()]) {
            let error = read(bad).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
