//! The token step of OAuth as the vendor speaks it: a code or a refresh token in exchange for tokens.

use serde::Serialize;
use serde_json::json;

use crate::sandbox::grants::Tokens;
use crate::sandbox::preset::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET};
use crate::sandbox::query::Query;
use crate::sandbox::settings::Oauth;
use crate::sandbox::wire::Answer;
use crate::sandbox::world::World;

#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

/// The vendor's word for an error, and its description.
type TokenError = (&'static str, &'static str);

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
        Ok(Tokens { access, refresh }) => {
            let expires_in = settings.access_token_life_seconds;
            let answer = TokenAnswer { access_token: access, expires_in, refresh_token: refresh };
            Answer::json(200, &answer)
        }
        Err((error, description)) => {
            let body = json!({"error": error, "error_description": description});
            Answer::json(settings.error_status, &body)
        }
    }
}

fn exchange<'q>(
    get: &dyn Fn(&'static str) -> &'q str,
    world: &World,
    settings: &Oauth,
) -> Result<Tokens, TokenError> {
    if get("client_id") != OAUTH_CLIENT_ID || get("client_secret") != OAUTH_CLIENT_SECRET {
        return Err(("unknown_client", "Specified client_id or client_secret was invalid"));
    }
    let expires = world.now().saturating_add(settings.access_token_life_seconds);
    let tokens = world.grants().exchange(get("code"), get("redirect_uri"), expires);
    tokens.ok_or(("invalid_grant", "Specified code was invalid or expired"))
}

fn refresh(token: &str, world: &World, settings: &Oauth) -> Result<Tokens, TokenError> {
    let expires = world.now().saturating_add(settings.access_token_life_seconds);
    let tokens = world.grants().refresh(token, settings.rotate_refresh_tokens, expires);
    tokens.ok_or(("invalid_grant", "Specified refresh_token was invalid or expired"))
}
