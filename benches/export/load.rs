//! Calls over connections that are kept, as many a second as possible or as many as asked for. It reads answers just
//! far enough to know where they end, so that it takes little of the machine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::figures::percentile;

/// Callers at the same time.
pub const CALLERS: usize = 16;

/// Requests to one port, and how they follow one another.
pub struct Load {
    pub port: u16,
    /// Whole requests; each is sent once, or again and again where there are fewer than calls.
    pub requests: Vec<String>,
    pub calls: usize,
    /// The status of every answer.
    pub status: u16,
}

/// What came of it.
pub struct Served {
    pub per_second: f64,
    /// In milliseconds.
    pub median: f64,
    pub p99: f64,
}

/// A request as HTTP writes it.
pub fn request(method: &str, path: &str, token: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
    )
}

impl Load {
    /// Makes the calls: each as soon as the one before is answered, or at this rate, where the time of a call counts
    /// from when it was due.
    pub async fn run(self, per_second: Option<f64>) -> Result<Served> {
        let (load, started) = (Arc::new(self), Instant::now());
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            callers.spawn(load.clone().call(caller, started, per_second));
        }
        let mut times = Vec::with_capacity(load.calls);
        while let Some(called) = callers.join_next().await {
            times.extend(called??);
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok(Served {
            per_second: f64::from(u32::try_from(times.len())?) / seconds,
            median: percentile(&mut times, 50),
            p99: percentile(&mut times, 99),
        })
    }

    async fn call(
        self: Arc<Self>,
        caller: usize,
        started: Instant,
        per_second: Option<f64>,
    ) -> Result<Vec<Duration>> {
        let mut stream = self.connect().await?;
        let mut times = Vec::with_capacity(self.calls / CALLERS + 1);
        for call in (caller..self.calls).step_by(CALLERS) {
            let mut due = Instant::now();
            if let Some(per_second) = per_second {
                due =
                    started + Duration::from_secs_f64(f64::from(u32::try_from(call)?) / per_second);
                sleep_until(due).await;
            }
            let request = &self.requests[call % self.requests.len()];
            let mut answered = exchange(&mut stream, request).await?;
            if answered.is_none() {
                // It was idle for so long that the other side closed it.
                stream = self.connect().await?;
                answered = exchange(&mut stream, request).await?;
            }
            let status = answered.context("the connection was closed")?;
            ensure!(status == self.status, "a call was answered with {status}");
            times.push(due.elapsed());
        }
        Ok(times)
    }

    async fn connect(&self) -> Result<BufStream<TcpStream>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(BufStream::new(stream))
    }
}

/// Sends a request, reads the answer to its end, and tells its status; `None` when the connection is closed.
async fn exchange(stream: &mut BufStream<TcpStream>, request: &str) -> Result<Option<u16>> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let (mut line, mut status, mut length) = (String::new(), None, 0);
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        status = status.or_else(|| line.split(' ').nth(1).map(str::to_owned));
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(status.context("no status")?.parse()?))
}
