//! A way to a storage on which things go wrong when a test says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::web::{Bytes, Data, PayloadConfig, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Nothing,
    /// Every request takes so much longer.
    Slow(Duration),
    /// Reads of data are answered 503, so many, and then all is well.
    Storm(u32),
    /// Answers with data break off in the middle, so many, and then all is well.
    Cut(u32),
}

/// A proxy before a storage.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    http: reqwest::Client,
    fault: Mutex<Fault>,
}

impl Proxy {
    pub fn before(upstream: String) -> Self {
        let http = reqwest::Client::builder().build().unwrap();
        let shared = Arc::new(Shared { upstream, http, fault: Mutex::new(Fault::Nothing) });
        let data = Data::from(shared.clone());
        let app = move || {
            let limit = PayloadConfig::new(64 << 20);
            App::new().app_data(data.clone()).app_data(limit).default_service(to(forward))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.bind("127.0.0.1:0").unwrap();
        let port = server.addrs()[0].port();
        tokio::spawn(server.run());
        Self { port, shared }
    }

    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
    }

    /// Whether what was ordered has come to its end.
    pub fn is_over(&self) -> bool {
        matches!(*self.shared.fault.lock().unwrap(), Fault::Nothing)
    }
}

impl Shared {
    /// What goes wrong with this request.
    fn strike(&self, is_data: bool) -> Fault {
        let mut fault = self.fault.lock().unwrap();
        let now = *fault;
        let left = |count: u32| if count > 1 { Some(count - 1) } else { None };
        match now {
            Fault::Storm(_) | Fault::Cut(_) if !is_data => return Fault::Nothing,
            Fault::Storm(count) => *fault = left(count).map_or(Fault::Nothing, Fault::Storm),
            Fault::Cut(count) => *fault = left(count).map_or(Fault::Nothing, Fault::Cut),
            Fault::Nothing | Fault::Slow(_) => {}
        }
        now
    }
}

async fn forward(shared: Data<Shared>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let is_data = request.method() == "GET" && request.headers().contains_key("range");
    let fault = shared.strike(is_data);
    match fault {
        Fault::Slow(pause) => tokio::time::sleep(pause).await,
        Fault::Storm(_) => return HttpResponse::ServiceUnavailable().finish(),
        Fault::Nothing | Fault::Cut(_) => {}
    }
    let url = format!("{}{}", shared.upstream, request.uri());
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes()).unwrap();
    let mut forwarded = shared.http.request(method, url).body(body);
    for (name, value) in request.headers() {
        if name != "host" && name != "content-length" {
            forwarded = forwarded.header(name.as_str(), value.as_bytes());
        }
    }
    match forwarded.send().await {
        Ok(answer) => back(answer, matches!(fault, Fault::Cut(_))).await,
        Err(_) => HttpResponse::BadGateway().finish(),
    }
}

/// Hands an answer back; of one that is cut, half of what it promises.
async fn back(answer: reqwest::Response, cut: bool) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16()).unwrap();
    let mut response = HttpResponse::build(status);
    let promised = answer.headers().get("content-length");
    let promised: Option<u64> = promised.and_then(|length| length.to_str().ok()?.parse().ok());
    for (name, value) in answer.headers() {
        if !["connection", "transfer-encoding", "content-length"].contains(&name.as_str()) {
            response.append_header((name.as_str(), value.as_bytes()));
        }
    }
    let bytes = answer.bytes().await.unwrap_or_default();
    if !cut && !bytes.is_empty() {
        return response.body(bytes);
    }
    // What a HEAD promises does not follow either.
    let half = bytes.slice(..bytes.len() / 2);
    let broken = futures::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
    response.body(SizedStream::new(promised.unwrap_or(0), broken))
}
