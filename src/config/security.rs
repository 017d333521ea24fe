//! Settings of what browsers may do: pages of other origins, and Swagger UI.

use std::str::FromStr;

use anyhow::ensure;
use clap::{ArgAction, Args};
use url::Url;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Security {
    /// Origins whose pages may call the API from a browser: `https://app.example.com`, separated by commas. None when
    /// unset.
    #[arg(long, env = "SEGMENT_EXPORT_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<WebOrigin>,
    /// Whether `/swagger-ui/` is served.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_SWAGGER_UI",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub swagger_ui: bool,
    /// Swagger UI keeps the token in the browser when the page is reloaded.
    #[arg(long, env = "SEGMENT_EXPORT_SWAGGER_UI_KEEP_TOKEN")]
    pub swagger_ui_keep_token: bool,
}

/// An origin as browsers write it: scheme, host, and the port where it is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebOrigin {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let origin = Url::parse(text).map(|url| url.origin().ascii_serialization());
        let is_web = text.starts_with("https://") || text.starts_with("http://");
        ensure!(
            is_web && origin.is_ok_and(|origin| origin == text),
            "write an origin as browsers do, such as https://app.example.com or http://localhost:5173, without a path"
        );
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_exact_and_never_a_pattern() {
        for good in ["https://app.example.com", "http://localhost:5173", "https://[::1]:8443"] {
            assert_eq!(good.parse::<WebOrigin>().unwrap().as_str(), good);
        }
        let bad = ["*", "null", "", "app.example.com", "https://*.example.com/", "ftp://a"];
        let close =
            ["https://a/", "https://a:443", "https://A.example", "https://u@a", " https://a"];
        for bad in bad.iter().chain(&close) {
            assert!(bad.parse::<WebOrigin>().is_err(), "{bad}");
        }
    }
}
