//! Swagger UI, from the binary: the page loads nothing from other hosts.

use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::{Config, serve};

use crate::http::problem::{Problem, ProblemKind};

/// Swagger UI shows our document, and keeps the token when the page is reloaded.
#[must_use]
pub fn config() -> Config<'static> {
    Config::from("/openapi.json").validator_url("none").persist_authorization(true)
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
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}

fn no_file() -> Problem {
    Problem::new(ProblemKind::NotFound, "Swagger UI has no file with this name.")
}
