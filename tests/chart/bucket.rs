//! An empty bucket that answers only requests with its key.

use std::net::TcpListener;

use actix_web::web::to;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

/// The access key id, which requests contain in clear text.
pub const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// Starts it on a free port and returns its URL. It serves until the test ends.
pub fn start() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = || App::new().default_service(to(answer));
    tokio::spawn(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run());
    Ok(url)
}

async fn answer(request: HttpRequest) -> HttpResponse {
    let signed = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let key = format!("Credential={KEY_ID}/");
    if signed.is_some_and(|signed| signed.contains(&key)) {
        HttpResponse::NotFound().finish()
    } else {
        HttpResponse::Forbidden().finish()
    }
}
