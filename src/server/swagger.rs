//! Swagger UI, from the binary: the page loads nothing from other hosts.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentEncoding};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::{Config, serve};

use crate::http::problem::{Problem, ProblemKind};

/// The page loads its own files and calls its own service, and no other page frames it. It sets styles in its markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Swagger UI shows our document, at first the groups of operations alone: a reader looks for one of a hundred. It
/// keeps the token when the page is reloaded only if the setting says so.
#[must_use]
pub fn config(keeps_token: bool) -> Config<'static> {
    let config = Config::from("/openapi.json").validator_url("none").doc_expansion("none");
    config.persist_authorization(keeps_token)
}

/// A file of Swagger UI; without a name, the page itself.
#[get("/swagger-ui/{file:.*}")]
pub async fn get_file(
    file: Path<String>,
    config: Data<Config<'static>>,
) -> Result<HttpResponse, Problem> {
    let found = serve(&file, config.into_inner()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let file = found.ok_or_else(no_file)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_SECURITY_POLICY, POLICY));
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}

fn no_file() -> Problem {
    Problem::new(ProblemKind::NotFound, "Swagger UI has no file with this name.")
}
