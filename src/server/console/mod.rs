//! The console: pages for people, from the binary. They call the API alone, and load nothing from other hosts.

mod file;
mod sign_in;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use url::Url;

use self::file::{File, accepts_gzip};
use self::sign_in::ConsoleConfig;
use crate::config::Config;
use crate::http::problem::{Problem, ProblemKind};

/// Shown where the program was built without the console.
const NOT_BUILT: &str = include_str!("not_built.html");
/// The names of these files change with what is in them.
const HASHED: &str = "assets/";

/// What the console is served with.
pub struct Console {
    policy: String,
    config: Config,
}

impl Console {
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        // Signs tokens as `config.json` does, so that a mistake shows at the start.
        ConsoleConfig::of(config)?;
        Ok(Self { policy: policy(config), config: config.clone() })
    }
}

/// The page runs its own files alone, calls this service and the identity provider, and no other page frames it.
fn policy(config: &Config) -> String {
    let issuer = config.console.console_client_id.as_ref().and(config.auth.auth_issuer.as_ref());
    let origin = issuer.and_then(|issuer| Url::parse(issuer).ok());
    let provider = origin.map(|url| format!(" {}", url.origin().ascii_serialization()));
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'{}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        provider.unwrap_or_default()
    )
}

/// How people sign in. In development mode it has tokens.
#[get("/console/config.json")]
pub async fn get_config(console: Data<Console>) -> Result<HttpResponse, Problem> {
    let config = ConsoleConfig::of(&console.config)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(config))
}

/// A file of the console; without a name, the page itself.
#[get("/console/{file:.*}")]
pub async fn get_file(
    request: HttpRequest,
    name: Path<String>,
    console: Data<Console>,
) -> Result<HttpResponse, Problem> {
    let is_page = name.is_empty() || *name == "index.html";
    let name = if is_page { "index.html" } else { name.as_str() };
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_SECURITY_POLICY, console.policy.as_str()));
    let caching =
        if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-store" };
    response.insert_header((CACHE_CONTROL, caching));
    match File::find(name, accepts_gzip(&request)) {
        Some(file) => Ok(file.answer(response)),
        None if is_page => Ok(response.content_type("text/html; charset=utf-8").body(NOT_BUILT)),
        None => Err(Problem::new(ProblemKind::NotFound, "The console has no file with this name.")),
    }
}
