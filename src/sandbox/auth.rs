//! Who calls: an API key (HTTP Basic) or an OAuth token (Bearer), and what each may do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::codes::{Refusal, refusal};
use super::grants::TokenState;
use super::preset;
use super::settings::{MissingCredentials, Settings};
use super::world::World;

/// Someone with valid credentials.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The only client a client key sees; none for the whole account.
    pub client_id: Option<String>,
    /// What a token allows; none for keys, which allow everything.
    scopes: Option<Vec<String>>,
}

impl Caller {
    pub fn sees(&self, client_id: &str) -> bool {
        self.client_id.as_deref().is_none_or(|own| own == client_id)
    }

    /// Refuses with Code 60 unless the caller has one of `scopes`; none needed: everyone may.
    pub fn require(&self, scopes: &[&str]) -> Result<(), Refusal> {
        let has =
            |granted: &Vec<String>| granted.iter().any(|scope| scopes.contains(&scope.as_str()));
        let allowed = scopes.is_empty() || self.scopes.as_ref().is_none_or(has);
        if allowed { Ok(()) } else { Err(refusal(60)) }
    }
}

/// Finds the caller behind an `Authorization` header.
pub fn authenticate(header: &str, world: &World, settings: &Settings) -> Result<Caller, Refusal> {
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            by_token(token.trim(), world)
        }
        Some((scheme, basic)) if scheme.eq_ignore_ascii_case("basic") => {
            by_key(basic.trim(), world)
        }
        _ => Err(match settings.access.missing_credentials {
            MissingCredentials::Code100 => refusal(100),
            MissingCredentials::Code50 => refusal(50),
        }),
    }
}

fn by_token(token: &str, world: &World) -> Result<Caller, Refusal> {
    match world.grants().look_up(token, world.now()) {
        TokenState::Valid(scopes) => Ok(Caller { client_id: None, scopes: Some(scopes) }),
        TokenState::Unknown => Err(refusal(120)),
        TokenState::Expired => Err(refusal(121)),
        TokenState::Revoked => Err(refusal(122)),
    }
}

/// The key is the user name; whatever the password is does not matter.
fn by_key(basic: &str, world: &World) -> Result<Caller, Refusal> {
    let decoded = STANDARD.decode(basic).map_err(|_| refusal(100))?;
    let text = String::from_utf8(decoded).map_err(|_| refusal(100))?;
    let key = text.split(':').next().unwrap_or_default();
    let caller = |client_id| Caller { client_id, scopes: None };
    if key == preset::API_KEY {
        return Ok(caller(None));
    }
    let account = world.account();
    let client = account.clients.iter().find(|client| client.api_key == key);
    client.map(|client| caller(Some(client.id.clone()))).ok_or_else(|| refusal(100))
}
