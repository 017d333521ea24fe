//! What may be seen of the URL of a channel: enough to tell two of them apart, too little to use one.

use secrecy::ExposeSecret;

use super::target_url::TargetUrl;

/// The last characters that are shown, of a URL whose secret part is much longer.
const SHOWN: usize = 4;
const SECRET_MIN: usize = 20;

/// The scheme, the host, and the last characters of a long rest.
#[must_use]
pub fn hint(url: &TargetUrl) -> String {
    let text = url.secret().expose_secret();
    let origin = url.parsed().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let rest: Vec<char> = text.strip_prefix(&origin).unwrap_or_default().chars().collect();
    let shown = if rest.len() >= SECRET_MIN { rest.len() - SHOWN } else { rest.len() };
    format!("{origin}/…{}", rest[shown..].iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_the_host_and_never_the_secret() {
        let hint = |text: &str| hint(&serde_json::from_value(text.into()).unwrap());
        let slack = "https://hooks.slack.com/services/T000/B000/abcdefghijklmnopqrstWXYZ";
        assert_eq!(hint(slack), "https://hooks.slack.com/…WXYZ");
        assert_eq!(hint("https://example.com:8443/short"), "https://example.com:8443/…");
        assert_eq!(hint("https://example.com/"), "https://example.com/…");
    }
}
