//! A bucket that answers only requests with its key, and keeps what is written to it.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Mutex;

use actix_web::http::Method;
use actix_web::web::{Bytes, Data, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

/// The access key id, which requests contain in clear text.
pub const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// What it keeps, by path.
type Objects = Mutex<HashMap<String, Bytes>>;

/// Starts it on a free port and returns its URL. It serves until the test ends.
pub fn start() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let objects = Data::new(Objects::default());
    let app = move || App::new().app_data(objects.clone()).default_service(to(answer));
    tokio::spawn(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run());
    Ok(url)
}

async fn answer(request: HttpRequest, objects: Data<Objects>, body: Bytes) -> HttpResponse {
    let signed = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let key = format!("Credential={KEY_ID}/");
    if !signed.is_some_and(|signed| signed.contains(&key)) {
        return HttpResponse::Forbidden().finish();
    }
    let (mut objects, path) = (objects.lock().unwrap(), request.path().to_owned());
    match *request.method() {
        Method::PUT => {
            objects.insert(path, body);
            HttpResponse::Ok().insert_header(("etag", "\"one\"")).finish()
        }
        Method::DELETE => {
            objects.remove(&path);
            HttpResponse::NoContent().finish()
        }
        _ => objects
            .get(&path)
            .map_or_else(|| HttpResponse::NotFound().finish(), |object| found(object.clone())),
    }
}

/// An object with the headers that every client of a bucket reads.
fn found(object: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", "\"one\""))
        .insert_header(("last-modified", "Sat, 03 Oct 2026 10:00:00 GMT"))
        .body(object)
}
