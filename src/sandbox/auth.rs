//! Who calls, by API key (HTTP Basic) or OAuth token (Bearer), and what the caller may do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::codes::{ApiError, api_error};
use super::grants::TokenState;
use super::preset;
use super::settings::{MissingCredentials, Settings};
use super::world::World;

#[derive(Clone, Debug)]
pub struct Caller {
    /// The only client that the caller sees; none for the whole account.
    pub client_id: Option<String>,
    /// The scopes of a token; none for a key, which allows everything.
    scopes: Option<Vec<String>>,
}

impl Caller {
    pub fn sees(&self, client_id: &str) -> bool {
        self.client_id.as_deref().is_none_or(|own| own == client_id)
    }

    /// Code 60 unless the caller has one of `scopes`; with no scopes everyone may call.
    pub fn require(&self, scopes: &[&str]) -> Result<(), ApiError> {
        let has =
            |granted: &Vec<String>| granted.iter().any(|scope| scopes.contains(&scope.as_str()));
        let allowed = scopes.is_empty() || self.scopes.as_ref().is_none_or(has);
        if allowed { Ok(()) } else { Err(api_error(60)) }
    }
}

/// The caller of an `Authorization` header.
pub fn authenticate(header: &str, world: &World, settings: &Settings) -> Result<Caller, ApiError> {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            by_token(token.trim(), world)
        }
        Some((scheme, basic)) if scheme.eq_ignore_ascii_case("basic") => {
            by_key(basic.trim(), world)
        }
        _ => Err(match settings.access.missing_credentials {
            MissingCredentials::Code100 => api_error(100),
            MissingCredentials::Code50 => api_error(50),
        }),
    }
}

fn by_token(token: &str, world: &World) -> Result<Caller, ApiError> {
    match world.grants().find(token, world.now()) {
        TokenState::Valid(scopes) => Ok(Caller { client_id: None, scopes: Some(scopes) }),
        TokenState::Unknown => Err(api_error(120)),
        TokenState::Expired => Err(api_error(121)),
        TokenState::Revoked => Err(api_error(122)),
    }
}

/// The key is the user name; the password is ignored, as in the vendor's service.
fn by_key(basic: &str, world: &World) -> Result<Caller, ApiError> {
    let decoded = STANDARD.decode(basic).map_err(|_| api_error(100))?;
    let text = String::from_utf8(decoded).map_err(|_| api_error(100))?;
    let key = text.split(':').next().unwrap_or_default();
    let caller = |client_id| Caller { client_id, scopes: None };
    if key == preset::API_KEY {
        return Ok(caller(None));
    }
    let account = world.account();
    let client = account.clients.iter().find(|client| client.api_key == key);
    client.map(|client| caller(Some(client.id.clone()))).ok_or_else(|| api_error(100))
}
