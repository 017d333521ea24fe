//! What OAuth has issued: codes, access tokens and refresh tokens.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xxhash_rust::xxh3::xxh3_128;

#[derive(Debug)]
pub enum TokenState {
    /// Not expired or revoked; it has these scopes.
    Valid(Vec<String>),
    Unknown,
    Expired,
    Revoked,
}

/// An access token and the refresh token that goes with it.
#[derive(Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
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

#[derive(Debug, Default)]
pub struct Grants {
    codes: HashMap<String, Code>,
    access: HashMap<String, Token>,
    refresh: HashMap<String, Token>,
    issued: u64,
}

impl Grants {
    pub fn find(&self, access_token: &str, now: i64) -> TokenState {
        match self.access.get(access_token) {
            None => TokenState::Unknown,
            Some(token) if token.revoked => TokenState::Revoked,
            Some(token) if token.expires <= now => TokenState::Expired,
            Some(token) => TokenState::Valid(token.scopes.clone()),
        }
    }

    /// Every access token expires; refreshing still works.
    pub fn expire_all(&mut self) {
        self.access.values_mut().for_each(|token| token.expires = i64::MIN);
    }

    /// No refresh token works any more: when the access tokens expire, people must sign in again.
    pub fn forget_refresh_tokens(&mut self) {
        self.refresh.clear();
    }

    /// As when a person disconnects the application.
    pub fn revoke_all(&mut self) {
        let tokens = self.access.values_mut().chain(self.refresh.values_mut());
        tokens.for_each(|token| token.revoked = true);
    }

    /// A code that can be exchanged once.
    pub fn make_code(&mut self, redirect_uri: &str, scopes: &[String]) -> String {
        let code = self.make_secret();
        let (redirect_uri, scopes) = (redirect_uri.to_owned(), scopes.to_vec());
        self.codes.insert(code.clone(), Code { redirect_uri, scopes });
        code
    }

    /// None for a code that is unknown, used, or issued for another redirect address.
    pub fn exchange(&mut self, code: &str, redirect_uri: &str, expires: i64) -> Option<Tokens> {
        let code = self.codes.remove(code).filter(|code| code.redirect_uri == redirect_uri)?;
        Some(self.grant(code.scopes, None, expires))
    }

    /// None for a refresh token that is unknown or revoked. `rotate` replaces the refresh token.
    pub fn refresh(&mut self, refresh_token: &str, rotate: bool, expires: i64) -> Option<Tokens> {
        let known = self.refresh.get(refresh_token).filter(|token| !token.revoked)?;
        let scopes = known.scopes.clone();
        if rotate {
            self.refresh.remove(refresh_token);
        }
        let kept = (!rotate).then(|| refresh_token.to_owned());
        Some(self.grant(scopes, kept, expires))
    }

    fn grant(&mut self, scopes: Vec<String>, refresh: Option<String>, expires: i64) -> Tokens {
        let access = self.make_secret();
        let refresh = refresh.unwrap_or_else(|| self.make_secret());
        let token = Token { scopes, expires, revoked: false };
        self.refresh.insert(refresh.clone(), token.clone());
        self.access.insert(access.clone(), token);
        Tokens { access, refresh }
    }

    /// Contains `+`, `/` and `=`, which break a client that forgets to encode them.
    fn make_secret(&mut self) -> String {
        self.issued += 1;
        let hash = xxh3_128(&self.issued.to_le_bytes()).to_le_bytes();
        let text = STANDARD.encode(hash);
        format!("{}+/{}", &text[..11], &text[11..])
    }
}
