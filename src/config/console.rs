//! Settings of the console, the pages for people at `/console/`.

use clap::{ArgAction, Args};

use super::rule::Rule;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct ConsoleSettings {
    /// Whether `/console/` is served.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_CONSOLE",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub console: bool,
    /// Client id of the console at the identity provider, a public client with PKCE. When unset, people paste a token.
    #[arg(long, env = "SEGMENT_EXPORT_CONSOLE_CLIENT_ID")]
    pub console_client_id: Option<String>,
    /// Scopes that the console requests when people sign in, separated by spaces.
    #[arg(long, env = "SEGMENT_EXPORT_CONSOLE_SCOPE", default_value = "openid profile")]
    pub console_scope: String,
}

impl ConsoleSettings {
    pub(super) fn rules(&self) -> Vec<Rule> {
        let has_openid = self.console_scope.split(' ').any(|scope| scope == "openid");
        let is_empty = self.console_client_id.as_ref().is_some_and(|id| id.trim().is_empty());
        vec![
            (
                has_openid,
                "SEGMENT_EXPORT_CONSOLE_SCOPE must name openid, because the console signs in by OpenID Connect",
            ),
            (
                !is_empty,
                "SEGMENT_EXPORT_CONSOLE_CLIENT_ID must not be empty: leave it out where people paste a token",
            ),
        ]
    }
}
