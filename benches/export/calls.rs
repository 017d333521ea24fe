//! Calls of the API beside a bare actix answer of the same size: how many a second at most, and how long one takes at
//! half that rate. All of it shares the machine: the callers, the service, the database.

use std::path::Path;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::cluster::services::{free_port, wait_for};
use crate::data::{self, Format};
use crate::engines::Engines;
use crate::figures::median;
use crate::load::{Load, Served, request};
use crate::service::{Service, text};
use crate::sink::Sink;

const READS: usize = 20_000;
const STARTS: usize = 1_000;
/// Everything takes turns this often; the median counts.
const ROUNDS: usize = 3;
const PROFILES: u32 = 1000;

/// Serves `body` at every address, and does nothing else.
pub async fn answer(port: u16, body: String) -> Result<()> {
    let body = web::Bytes::from(body);
    let app = move || {
        let body = body.clone();
        let answer = move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(body) }
        };
        App::new().default_service(web::to(answer))
    };
    Ok(HttpServer::new(app).bind(("127.0.0.1", port))?.run().await?)
}

/// Measures on both engines; `less` says which part of all calls is made.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    println!("| engines | call | calls/s | bare answers/s | ratio | median, ms | p99, ms |");
    println!("|---|---|--:|--:|--:|--:|--:|");
    let file = data::write(folder, Format::Parquet, PROFILES)?;
    for engines in [&Engines::Embedded, production] {
        let service = Service::start(folder, &sink.url, engines, "api,worker").await?;
        let export = service.configure(&file, Format::Parquet).await?;
        let run = service.run(&export).await?.1;
        let bare = Bare::start(&run, READS / less).await?;
        let path = format!("{}/runs/{}", service.path, text(&run, "runId")?);
        let get = request("GET", &path, &service.token);
        let reads = || Load {
            port: service.port,
            requests: vec![get.clone()],
            calls: READS / less,
            status: 200,
        };
        row(engines, "GET /runs/{id}", &bare, async |rate| reads().run(rate).await).await?;
        drop(service);
        // From here on nobody carries out the runs that are started.
        let service = Service::start(folder, &sink.url, engines, "api").await?;
        let export = service.configure(&file, Format::Parquet).await?;
        let starts = async |rate| start(&service, &export, STARTS / less).await?.run(rate).await;
        row(engines, "POST /exports/{id}/runs", &bare, starts).await?;
    }
    Ok(())
}

/// Calls that start a run, each of an export of its own: an export has one open run at a time.
async fn start(service: &Service, export: &str, calls: usize) -> Result<Load> {
    let mut requests = Vec::with_capacity(calls);
    for _ in 0..calls {
        let path = format!("/exports/{export}/duplicate");
        let copy = service.call(Method::POST, &path, Some(json!({}))).await?;
        let path = format!("{}/exports/{}/runs", service.path, text(&copy, "exportId")?);
        requests.push(request("POST", &path, &service.token));
    }
    Ok(Load { port: service.port, requests, calls, status: 202 })
}

async fn row(
    engines: &Engines,
    call: &str,
    bare: &Bare,
    serve: impl AsyncFn(Option<f64>) -> Result<Served>,
) -> Result<()> {
    let (mut ours, mut theirs, mut medians, mut p99s) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        theirs.push(bare.served().await?.per_second);
        let top = serve(None).await?.per_second;
        let relaxed = serve(Some(top / 2.0)).await?;
        ours.push(top);
        medians.push(relaxed.median);
        p99s.push(relaxed.p99);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "| {} | `{call}` | {ours:.0} | {theirs:.0} | {:.2} | {:.2} | {:.2} |",
        engines.words(),
        theirs / ours,
        median(medians),
        median(p99s)
    );
    Ok(())
}

/// A process that serves the same answer without doing anything for it.
struct Bare {
    port: u16,
    calls: usize,
    _process: Child,
}

impl Bare {
    async fn start(answer: &Value, calls: usize) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bare-answer", &port.to_string(), &answer.to_string()]);
        let process = command.kill_on_drop(true).spawn()?;
        wait_for(port).await?;
        Ok(Self { port, calls, _process: process })
    }

    async fn served(&self) -> Result<Served> {
        let requests = vec![request("GET", "/", "none")];
        Load { port: self.port, requests, calls: self.calls, status: 200 }.run(None).await
    }
}
