//! The receipt of an erasure: as JSON, or signed.

use actix_web::http::header::ACCEPT;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};

use super::handlers::find;
use crate::api::runs::receipt::unsigned;
use crate::app::App;
use crate::db;
use crate::erasures::{ErasureId, ErasureReceipt, store_sites};
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::receipts::signer;

/// Whether the first accepted form that is offered is the signed one.
fn asks_for_signed(request: &HttpRequest) -> Result<bool, Problem> {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let types = accept.unwrap_or("*/*").split(',');
    for accepted in types.map(|part| part.split(';').next().unwrap_or_default().trim()) {
        match accepted {
            "application/json" | "application/*" | "*/*" => return Ok(false),
            "application/jose" => return Ok(true),
            _ => {}
        }
    }
    let detail =
        "None of the types in `Accept` is available. Send application/json or application/jose.";
    Err(Problem::new(ProblemKind::NotAcceptable, detail))
}

/// Reads the receipt of an erasure.
///
/// It is in the vocabulary of `OpenDSR`, and names nobody. `Accept: application/jose` answers it signed: a JWS in
/// compact form (`EdDSA`), whose key is at `/.well-known/segment-export/jwks.json`. Before the erasure is completed, it
/// says how far it has come.
#[utoipa::path(
    tag = "erasures",
    security(("bearer" = ["Admin"])),
    params(("id" = ErasureId, Path)),
    responses(
        (
            status = 200,
            content(
                (ErasureReceipt = "application/json"),
                (String = "application/jose", example = "eyJ0eXAiOiJzZWdtZW50LWV4cG9ydC1yZWNlaXB0K2p3cyIs…"),
            ),
        ),
        (
            status = 406,
            description = "None of the accepted content types is available: `notAcceptable`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/erasures/{id}/receipt")]
pub async fn get_erasure_receipt(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ErasureId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let is_signed = asks_for_signed(&request)?;
    let mut tx = app.db.read().await?;
    let erasure = find(&mut tx, caller.instance, id.0).await?;
    let sites = store_sites::of_erasure(&mut tx, erasure.id).await?;
    drop(tx);
    let receipt = ErasureReceipt::of(erasure, sites, db::now());
    if !is_signed {
        return Ok(HttpResponse::Ok().json(receipt));
    }
    let signed = signer::sign(&app.db, &app.keys, &receipt).await.map_err(unsigned)?;
    Ok(HttpResponse::Ok().content_type("application/jose").body(signed))
}
