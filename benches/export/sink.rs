//! A Campaign Monitor that takes every import at once: it counts records and bytes, is as slow as asked, and forgets
//! them unless it is to remember. Nobody has left its list, and whom it is asked to delete it counts. All other calls
//! go to the offline Campaign Monitor.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web::{self, Bytes, Data, Path, PayloadConfig, Query, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use memchr::memmem::Finder;
use segment_export::sandbox::Sandbox;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::list::List;

/// People by what they are to the list.
const SUBSCRIBERS: &str =
    "/api/v3.3/lists/{list}/{state:active|unconfirmed|unsubscribed|bounced|deleted}.json";
const BODY_BYTES_MAX: usize = 8 << 20;
/// Longer than any pause of the bench, so that no connection is closed just when a call goes out.
const KEPT: Duration = Duration::from_mins(10);

/// What the sink has taken, and how.
pub struct Sink {
    pub url: String,
    sandbox: Sandbox,
    records: AtomicU64,
    bytes: AtomicU64,
    deleted: AtomicU64,
    latency_ms: AtomicU64,
    people: AtomicU64,
    list: Mutex<Option<List>>,
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
            deleted: AtomicU64::new(0),
            latency_ms: AtomicU64::new(0),
            people: AtomicU64::new(0),
            list: Mutex::new(None),
            http: reqwest::Client::builder().build()?,
            first: Mutex::new(None),
        });
        let shared = sink.clone();
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(PayloadConfig::new(BODY_BYTES_MAX))
                .route("/api/v3.3/subscribers/{list}/import.json", web::post().to(take))
                .route("/api/v3.3/subscribers/{list}.json", web::delete().to(delete))
                .route(SUBSCRIBERS, web::get().to(show))
                .default_service(to(forward))
        };
        let server = HttpServer::new(app).workers(2).keep_alive(KEPT).disable_signals();
        tokio::spawn(server.listen(listener)?.run());
        Ok(sink)
    }

    /// How long every import, page and deletion takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        let ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        self.latency_ms.store(ms, Ordering::Relaxed);
    }

    /// Remembers what is imported from now on, or forgets all of it.
    pub fn remember(&self, remembers: bool) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = remembers.then(List::default);
    }

    /// How many subscribers the list says to have while it remembers nobody.
    pub fn set_people(&self, people: u32) {
        self.people.store(people.into(), Ordering::Relaxed);
    }

    /// How many subscribers were deleted since this was called last.
    pub fn deleted(&self) -> u64 {
        self.deleted.swap(0, Ordering::Relaxed)
    }

    async fn wait(&self) {
        let latency = Duration::from_millis(self.latency_ms.load(Ordering::Relaxed));
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
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
    sink.wait().await;
    if let Some(list) = &mut *sink.list.lock().unwrap_or_else(PoisonError::into_inner)
        && let Err(error) = list.add(&body)
    {
        return HttpResponse::BadRequest().body(error.to_string());
    }
    sink.records.fetch_add(records, Ordering::Relaxed);
    sink.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
    HttpResponse::Created().json(json!({"FailureDetails": [], "DuplicateEmailsInSubmission": [],
        "TotalUniqueEmailsSubmitted": records, "TotalExistingSubscribers": 0, "TotalNewSubscribers": records}))
}

async fn delete(sink: Data<Sink>) -> HttpResponse {
    sink.wait().await;
    sink.deleted.fetch_add(1, Ordering::Relaxed);
    HttpResponse::Ok().finish()
}

/// Which page is asked for, and how large. Campaign Monitor shows a thousand unless asked for fewer.
#[derive(Deserialize)]
struct Asked {
    #[serde(default = "first")]
    page: usize,
    #[serde(default = "most")]
    pagesize: usize,
    #[serde(default)]
    date: String,
}

const fn first() -> usize {
    1
}

const fn most() -> usize {
    1000
}

/// A page of those who are on the list. Full ones take as long as an import; those that are read for a total do not.
async fn show(sink: Data<Sink>, path: Path<(String, String)>, asked: Query<Asked>) -> HttpResponse {
    if asked.pagesize == most() {
        sink.wait().await;
    }
    let is_all = path.1 == "active" && asked.date.is_empty();
    let mut list = sink.list.lock().unwrap_or_else(PoisonError::into_inner);
    let page = match list.as_mut() {
        Some(list) if is_all => list.page(asked.page, asked.pagesize),
        None if is_all => nobody(sink.people.load(Ordering::Relaxed)),
        _ => nobody(0),
    };
    HttpResponse::Ok().content_type("application/json").body(page)
}

/// A page without subscribers of a list that has so many.
fn nobody(total: u64) -> String {
    json!({"Results": [], "TotalNumberOfRecords": total, "NumberOfPages": 1, "PageNumber": 1})
        .to_string()
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
