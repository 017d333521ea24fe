//! Swagger UI, from the binary: it loads nothing from elsewhere.

use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use utoipa_swagger_ui::{Config, serve};

use crate::http::problem::Problem;

/// Swagger UI shows our document, and keeps the token while the page is loaded again.
#[must_use]
pub fn config() -> Config<'static> {
    Config::from("/openapi.json").validator_url("none").persist_authorization(true)
}

/// A file of Swagger UI; without a name the page itself.
#[get("/swagger-ui/{file:.*}")]
pub async fn get_file(
    file: Path<String>,
    config: Data<Config<'static>>,
) -> Result<HttpResponse, Problem> {
    let found = serve(&file, config.into_inner()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let file = found.ok_or_else(|| Problem::not_found("file"))?;
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}
