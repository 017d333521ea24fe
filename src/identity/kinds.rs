//! Which kind of token a JWT is. A provider signs several kinds with one key; only an access token opens anything here.

use serde_json::{Map, Value};

use super::caller::Error;

/// RFC 9068 writes `at+jwt`; Entra ID and Keycloak write `JWT`; some providers write nothing.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// Refuses what the header calls something else than an access token; where `at_jwt` is required, also what it does not
/// call one: nothing else tells every ID token from an access token.
pub fn check_type(header: Option<&str>, at_jwt: bool) -> Result<(), Error> {
    if at_jwt && !is_access_type(header) {
        return Err(Error::Invalid("the token is not an access token: its `typ` is not at+jwt"));
    }
    let Some(header) = header else { return Ok(()) };
    let kind = header.to_ascii_lowercase();
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    if TYPES.contains(&kind) {
        return Ok(());
    }
    Err(Error::Invalid("the token is not an access token: its `typ` is not JWT or at+jwt"))
}

/// Refuses what the claims show to be another kind of token, or a token that only its holder's key may use.
pub fn check_claims(header: Option<&str>, claims: &Map<String, Value>) -> Result<(), Error> {
    let has = |name: &str| claims.get(name).is_some_and(|value| !value.is_null());
    let says = |name: &str| claims.get(name).and_then(Value::as_str);
    if has("events") {
        return Err(Error::Invalid("the token is a logout token, not an access token"));
    }
    if has("cnf") {
        return Err(Error::Invalid(
            "the token is bound to a key (`cnf`), which cannot be checked here: ask for a plain bearer token",
        ));
    }
    // Keycloak names the kind in a claim, Cognito in another.
    let is_called_access = says("typ") == Some("Bearer") || says("token_use") == Some("access");
    let is_called_other =
        (says("typ").is_some() || says("token_use").is_some()) && !is_called_access;
    // Some providers copy the nonce of the sign-in into access tokens, and those have scopes.
    let is_access = is_called_access || has("scope") || has("scp") || is_access_type(header);
    let is_id = has("at_hash") || has("c_hash") || (has("nonce") && !is_access);
    if is_called_other || is_id {
        return Err(Error::Invalid(
            "the token is an ID token or another kind, not an access token",
        ));
    }
    Ok(())
}

fn is_access_type(header: Option<&str>) -> bool {
    header.is_some_and(|header| {
        let kind = header.to_ascii_lowercase();
        kind.strip_prefix("application/").unwrap_or(&kind) == "at+jwt"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn is_refused(header: Option<&str>, claims: &Value) -> bool {
        let claims = claims.as_object().unwrap();
        check_type(header, false).and_then(|()| check_claims(header, claims)).is_err()
    }

    #[test]
    fn access_tokens_pass_however_providers_write_them() {
        for (header, claims) in [
            (None, json!({})),
            (Some("JWT"), json!({"scp": "access_as_user"})),
            (Some("at+jwt"), json!({"nonce": "n"})),
            (Some("application/at+JWT"), json!({"scope": "openid"})),
            (Some("JWT"), json!({"typ": "Bearer", "nonce": "n", "scope": "openid"})),
            (Some("JWT"), json!({"token_use": "access"})),
        ] {
            assert!(!is_refused(header, &claims), "{header:?} {claims}");
        }
    }

    #[test]
    fn where_at_jwt_is_required_no_other_type_passes() {
        for header in ["at+jwt", "application/at+JWT"] {
            assert!(check_type(Some(header), true).is_ok(), "{header}");
        }
        for header in [None, Some("JWT"), Some(""), Some("not-at+jwt")] {
            assert!(check_type(header, true).is_err(), "{header:?}");
        }
    }

    #[test]
    fn other_kinds_of_token_do_not() {
        for (header, claims) in [
            (Some("logout+jwt"), json!({})),
            (Some("dpop+jwt"), json!({})),
            (Some("secevent+jwt"), json!({})),
            (Some(""), json!({})),
            (
                Some("JWT"),
                json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
            ),
            (Some("JWT"), json!({"nonce": "n"})),
            (Some("JWT"), json!({"at_hash": "h", "scope": "openid"})),
            (Some("JWT"), json!({"typ": "ID"})),
            (Some("JWT"), json!({"typ": "Refresh"})),
            (Some("JWT"), json!({"token_use": "id"})),
            (Some("at+jwt"), json!({"cnf": {"jkt": "thumbprint"}})),
        ] {
            assert!(is_refused(header, &claims), "{header:?} {claims}");
        }
    }
}
