//! The receipt of a run: as JSON, as a page to print, or signed.

use actix_web::http::header::ACCEPT;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};

use super::find::find;
use super::receipt_page::page;
use super::verifications::not_ended;
use crate::app::App;
use crate::db;
use crate::http::auth::{Caller, Viewer};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::RunId;
use crate::receipts::signer::{self, Error};
use crate::receipts::{Receipt, gather};
use crate::secrets;

/// The page loads nothing but its own style, and is not framed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The form of the answer.
enum Form {
    Json,
    Page,
    Signed,
}

impl Form {
    /// The first accepted form that is offered.
    fn accepted(request: &HttpRequest) -> Result<Self, Problem> {
        let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
        let types = accept.unwrap_or("*/*").split(',');
        for accepted in types.map(|part| part.split(';').next().unwrap_or_default().trim()) {
            match accepted {
                "application/json" | "application/*" | "*/*" => return Ok(Self::Json),
                "text/html" | "text/*" => return Ok(Self::Page),
                "application/jose" => return Ok(Self::Signed),
                _ => {}
            }
        }
        Err(Problem::new(
            ProblemKind::NotAcceptable,
            "None of the types in `Accept` is available. Send application/json, text/html or application/jose.",
        ))
    }
}

/// Reads the receipt of a run.
///
/// It says what was read, with which mapping, what Campaign Monitor answered, how many people the list had before and
/// after, what was verified, and what it does not prove. It has no address of a member. `Accept: text/html` answers a
/// page to print, `application/jose` the same content signed: a JWS in compact form (`EdDSA`), whose key is at
/// `/.well-known/segment-export/jwks.json`. There is one once the run has ended.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path)),
    responses(
        (
            status = 200,
            content(
                (Receipt = "application/json"),
                (String = "text/html", example = "<!doctype html>\n<html lang=\"en\">…</html>\n"),
                (String = "application/jose", example = "eyJ0eXAiOiJzZWdtZW50LWV4cG9ydC1yZWNlaXB0K2p3cyIs…"),
            ),
        ),
        (
            status = 406,
            description = "None of the accepted content types is available: `notAcceptable`",
            body = ProblemDocument,
        ),
        (status = 409, description = "The run has not ended yet: `runNotEnded`", body = ProblemDocument),
    ),
)]
#[get("/runs/{id}/receipt")]
pub async fn get_receipt(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<RunId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let form = Form::accepted(&request)?;
    let mut tx = app.db.read().await?;
    let run = find(&mut tx, caller.instance, id.0).await?;
    if !run.status.is_ended() {
        return Err(not_ended(&run));
    }
    let receipt = gather(&mut tx, run, db::now()).await?;
    drop(tx);
    Ok(match form {
        Form::Json => HttpResponse::Ok().json(receipt),
        Form::Page => HttpResponse::Ok()
            .insert_header(("Content-Security-Policy", POLICY))
            .content_type("text/html; charset=utf-8")
            .body(page(&receipt)),
        Form::Signed => {
            let signed = signer::sign(&app.db, &app.keys, &receipt).await.map_err(unsigned)?;
            HttpResponse::Ok().content_type("application/jose").body(signed)
        }
    })
}

/// The problem of a key that cannot be used.
pub fn unsigned(error: Error) -> Problem {
    match error {
        Error::Database(error) => error.into(),
        Error::Sealed(error @ secrets::Error::UnknownKey(_)) => {
            let detail = "The key that signs receipts is encrypted with a key that is not in the settings of this \
                service. Ask your operator to set that key again: nothing is lost.";
            Problem::new(ProblemKind::EncryptionKeyMissing, detail).because(error)
        }
        Error::Sealed(error) => anyhow::Error::new(error).into(),
        Error::Fault(error) => error.into(),
    }
}
