//! Settings of the application that is registered at Campaign Monitor, so that administrators can sign in there.

use clap::Args;
use secrecy::SecretString;
use url::Url;

use super::rule::Rule;
use crate::campaign_monitor::oauth::Application;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct OAuth {
    /// Id of the application registered at Campaign Monitor; without it connections accept API keys only.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_CLIENT_ID")]
    pub oauth_client_id: Option<String>,
    /// Secret of the application registered at Campaign Monitor.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_CLIENT_SECRET", hide_env_values = true)]
    pub oauth_client_secret: Option<SecretString>,
    /// Address to which Campaign Monitor returns people after signing in, as registered there:
    /// `https://…/oauth/campaign-monitor/callback`.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_REDIRECT_URL")]
    pub oauth_redirect_url: Option<Url>,
    /// Page of the front end that people see after signing in, with the outcome in its query. When unset, this service
    /// shows a page of its own.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_RETURN_URL")]
    pub oauth_return_url: Option<Url>,
}

/// Where this service expects people after signing in.
const CALLBACK_PATH: &str = "/oauth/campaign-monitor/callback";

impl OAuth {
    pub(super) fn rules(&self, dev: bool) -> Vec<Rule> {
        let given = [
            self.oauth_client_id.is_some(),
            self.oauth_client_secret.is_some(),
            self.oauth_redirect_url.is_some(),
        ];
        let is_callback = |url: &Url| url.path().ends_with(CALLBACK_PATH);
        let is_safe = |url: &Url| url.scheme() == "https" || (dev && url.scheme() == "http");
        vec![
            (
                given == [true; 3] || (given == [false; 3] && self.oauth_return_url.is_none()),
                "SEGMENT_EXPORT_OAUTH_CLIENT_ID, …_CLIENT_SECRET and …_REDIRECT_URL go together: set all three, or \
                 none",
            ),
            (
                self.oauth_redirect_url.iter().chain(&self.oauth_return_url).all(is_safe),
                "SEGMENT_EXPORT_OAUTH_REDIRECT_URL and …_RETURN_URL must begin with https:// (http:// only with --dev)",
            ),
            (
                self.oauth_redirect_url.as_ref().is_none_or(is_callback),
                "SEGMENT_EXPORT_OAUTH_REDIRECT_URL must end with /oauth/campaign-monitor/callback, where this service \
                 finishes signing in",
            ),
        ]
    }

    /// `None` without the settings of the application.
    #[must_use]
    pub fn application(&self) -> Option<Application> {
        Some(Application {
            client_id: self.oauth_client_id.clone()?,
            client_secret: self.oauth_client_secret.clone()?,
            redirect_url: self.oauth_redirect_url.clone()?,
        })
    }
}
