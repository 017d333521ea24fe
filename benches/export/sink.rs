//! A Campaign Monitor that takes every import at once and forgets it: it counts records and bytes, and is as slow
//! as asked. All other calls go to the offline Campaign Monitor.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::{Bytes, Data, PayloadConfig, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use memchr::memmem::Finder;
use segment_export::sandbox::Sandbox;
use serde_json::json;
use url::Url;

const BODY_BYTES_MAX: usize = 8 << 20;
/// Longer than any pause of the bench, so that no connection is closed just when a call goes out.
const KEPT: Duration = Duration::from_mins(10);

/// What the sink has taken, and how.
pub struct Sink {
    pub url: String,
    sandbox: Sandbox,
    records: AtomicU64,
    bytes: AtomicU64,
    latency_ms: AtomicU64,
    http: reqwest::Client,
    first: Mutex<Option<Instant>>,
}

/// What arrived since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub records: u64,
    pub bytes: u64,
}

impl Sink {
    /// Starts it on a free port; it serves until the process ends.
    pub async fn start() -> anyhow::Result<Data<Self>> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let sink = Data::new(Self {
            url: format!("http://{}", listener.local_addr()?),
            sandbox: Sandbox::start(([127, 0, 0, 1], 0).into()).await?,
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            latency_ms: AtomicU64::new(0),
            http: reqwest::Client::builder().build()?,
            first: Mutex::new(None),
        });
        let shared = sink.clone();
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(PayloadConfig::new(BODY_BYTES_MAX))
                .route("/api/v3.3/subscribers/{list}/import.json", actix_web::web::post().to(take))
                .default_service(to(forward))
        };
        let server = HttpServer::new(app).workers(2).keep_alive(KEPT).disable_signals();
        tokio::spawn(server.listen(listener)?.run());
        Ok(sink)
    }

    /// How long every import takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        let ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.latency_ms.store(ms, Ordering::Relaxed);
    }

    /// When the first import since this was called last came in, if one did.
    pub fn first(&self) -> Option<Instant> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What arrived since this was called last.
    pub fn taken(&self) -> Taken {
        Taken {
            records: self.records.swap(0, Ordering::Relaxed),
            bytes: self.bytes.swap(0, Ordering::Relaxed),
        }
    }
}

async fn take(sink: Data<Sink>, body: Bytes) -> HttpResponse {
    sink.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    let records = Finder::new(b"\"EmailAddress\":").find_iter(&body).count() as u64;
    let latency = Duration::from_millis(sink.latency_ms.load(Ordering::Relaxed));
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    sink.records.fetch_add(records, Ordering::Relaxed);
    sink.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
    HttpResponse::Created().json(json!({"FailureDetails": [], "DuplicateEmailsInSubmission": [],
        "TotalUniqueEmailsSubmitted": records, "TotalExistingSubscribers": 0, "TotalNewSubscribers": records}))
}

async fn forward(sink: Data<Sink>, request: HttpRequest) -> actix_web::Result<HttpResponse> {
    let url: Url =
        sink.sandbox.url().join(request.path()).map_err(actix_web::error::ErrorBadRequest)?;
    let key = request.headers().get("authorization").map(|value| value.as_bytes().to_vec());
    let answer = sink.http.get(url).header("authorization", key.unwrap_or_default()).send().await;
    let answer = answer.map_err(actix_web::error::ErrorBadGateway)?;
    let status =
        actix_web::http::StatusCode::from_u16(answer.status().as_u16()).unwrap_or_default();
    let body = answer.bytes().await.map_err(actix_web::error::ErrorBadGateway)?;
    Ok(HttpResponse::build(status).content_type("application/json").body(body))
}
