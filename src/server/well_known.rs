//! The public keys of receipts, at a well-known address (RFC 8615): anyone may verify, so no token is needed.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::runs::receipt::unsigned;
use crate::app::App;
use crate::http::problem::{Problem, ProblemDocument};
use crate::receipts::signer;

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeys)]
struct PublicKeys {
    /// The newest signs; the others have signed older receipts.
    keys: Vec<PublicKey>,
    /// Keys that others may know: trust nothing that they signed, whenever that was.
    revoked: Vec<PublicKey>,
}

/// A public key of Ed25519 (RFC 8037).
#[derive(Serialize, ToSchema)]
struct PublicKey {
    #[schema(example = "OKP", max_length = 3)]
    kty: String,
    #[schema(example = "Ed25519", max_length = 7)]
    crv: String,
    /// The key, base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", max_length = 43)]
    x: String,
    /// The id that a signature names.
    #[schema(example = "01a207dd-b4e0-7f80-8b12-e46a7c3d5920", max_length = 36)]
    kid: String,
    #[schema(example = "EdDSA", max_length = 5)]
    alg: String,
    #[schema(example = "sig", max_length = 3)]
    r#use: String,
    /// Since when it signs no more; absent of the one that signs.
    #[serde(rename = "retiredUtc", skip_serializing_if = "Option::is_none")]
    retired_utc: Option<DateTime<Utc>>,
    /// Since when it is revoked; absent of others.
    #[serde(rename = "revokedUtc", skip_serializing_if = "Option::is_none")]
    revoked_utc: Option<DateTime<Utc>>,
}

/// Lists the public keys of receipts.
///
/// A JSON Web Key Set. Keys stay here when a new one signs, so that older receipts can be verified. A key that is
/// revoked moves from `keys` to `revoked`: ask for a receipt again that it signed.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, body = PublicKeys),
        (
            status = 503,
            description = "The key cannot be read: `unavailable`, `encryptionKeyMissing`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/.well-known/segment-export/jwks.json")]
pub async fn list_public_keys(app: Data<App>) -> Result<HttpResponse, Problem> {
    let keys = signer::public_keys(&app.db, &app.keys).await.map_err(unsigned)?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=300")).json(keys))
}
