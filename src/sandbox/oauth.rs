//! The token step of OAuth as the vendor speaks it: codes, tokens and refreshes.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::call::Query;
use super::preset::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET};
use super::settings::Oauth;
use super::wire::Answer;
use super::world::World;

/// What is known of an access token.
#[derive(Debug)]
pub enum TokenState {
    Valid(Vec<String>),
    Unknown,
    Expired,
    Revoked,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    scopes: Vec<String>,
}

#[derive(Clone, Debug)]
struct Token {
    scopes: Vec<String>,
    expires: i64,
    revoked: bool,
}

/// Every code and token that was handed out.
#[derive(Debug, Default)]
pub struct Grants {
    codes: HashMap<String, Code>,
    access: HashMap<String, Token>,
    refresh: HashMap<String, Token>,
    made: u64,
}

#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

impl Grants {
    pub fn look_up(&self, access_token: &str, now: i64) -> TokenState {
        match self.access.get(access_token) {
            None => TokenState::Unknown,
            Some(token) if token.revoked => TokenState::Revoked,
            Some(token) if token.expires <= now => TokenState::Expired,
            Some(token) => TokenState::Valid(token.scopes.clone()),
        }
    }

    /// Ends the life of every access token; refreshing still works.
    pub fn expire_all(&mut self) {
        self.access.values_mut().for_each(|token| token.expires = i64::MIN);
    }

    /// Ends the life of every refresh token: when the access tokens end, people must sign in again.
    pub fn forget_refresh_tokens(&mut self) {
        self.refresh.clear();
    }

    /// Takes every access away, as a person does who disconnects the application.
    pub fn revoke_all(&mut self) {
        let tokens = self.access.values_mut().chain(self.refresh.values_mut());
        tokens.for_each(|token| token.revoked = true);
    }

    /// A secret with `+`, `/` and `=` in it, which break a client that forgets to encode them.
    fn make_secret(&mut self) -> String {
        self.made += 1;
        let hash = xxh3_128(&self.made.to_le_bytes()).to_le_bytes();
        let text = STANDARD.encode(hash);
        format!("{}+/{}", &text[..11], &text[11..])
    }

    /// A code for one exchange.
    pub fn make_code(&mut self, redirect_uri: &str, scopes: &[String]) -> String {
        let code = self.make_secret();
        let (redirect_uri, scopes) = (redirect_uri.to_owned(), scopes.to_vec());
        self.codes.insert(code.clone(), Code { redirect_uri, scopes });
        code
    }

    fn grant(
        &mut self,
        scopes: Vec<String>,
        refresh: Option<String>,
        life: i64,
        now: i64,
    ) -> TokenAnswer {
        let access_token = self.make_secret();
        let refresh_token = refresh.unwrap_or_else(|| self.make_secret());
        let token = Token { scopes, expires: now.saturating_add(life), revoked: false };
        self.refresh.insert(refresh_token.clone(), token.clone());
        self.access.insert(access_token.clone(), token);
        TokenAnswer { access_token, expires_in: life, refresh_token }
    }
}

/// `POST /oauth/token`; parameters in the form or in the query, as the vendor's own plug-ins send them.
pub fn token(query: &Query, form: &Query, world: &World) -> Answer {
    let get = |name| match form.get(name) {
        "" => query.get(name),
        value => value,
    };
    let settings = &world.settings().oauth;
    let granted = match get("grant_type") {
        "authorization_code" => exchange(&get, world, settings),
        "refresh_token" => refresh(get("refresh_token"), world, settings),
        _ => Err(("invalid_request", "Specified grant_type is not supported")),
    };
    match granted {
        Ok(answer) => Answer::json(200, &answer),
        Err((error, words)) => {
            let body = json!({"error": error, "error_description": words});
            Answer::json(settings.error_status, &body)
        }
    }
}

type Granted = Result<TokenAnswer, (&'static str, &'static str)>;

fn exchange<'q>(get: &dyn Fn(&'static str) -> &'q str, world: &World, settings: &Oauth) -> Granted {
    if get("client_id") != OAUTH_CLIENT_ID || get("client_secret") != OAUTH_CLIENT_SECRET {
        return Err(("unknown_client", "Specified client_id or client_secret was invalid"));
    }
    let mut grants = world.grants();
    let code = grants.codes.remove(get("code"));
    let code = code.filter(|code| code.redirect_uri == get("redirect_uri"));
    let code = code.ok_or(("invalid_grant", "Specified code was invalid or expired"))?;
    Ok(grants.grant(code.scopes, None, settings.access_token_life_seconds, world.now()))
}

fn refresh(refresh_token: &str, world: &World, settings: &Oauth) -> Granted {
    let mut grants = world.grants();
    let known = grants.refresh.get(refresh_token).filter(|token| !token.revoked);
    let scopes = known.map(|token| token.scopes.clone());
    let scopes =
        scopes.ok_or(("invalid_grant", "Specified refresh_token was invalid or expired"))?;
    let kept = (!settings.rotate_refresh_tokens).then(|| refresh_token.to_owned());
    if kept.is_none() {
        grants.refresh.remove(refresh_token);
    }
    Ok(grants.grant(scopes, kept, settings.access_token_life_seconds, world.now()))
}
