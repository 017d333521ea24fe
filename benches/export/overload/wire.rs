//! Requests as bytes, so that an attacker can send them as slowly as it likes.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::select;
use tokio::time::{Instant, sleep, timeout_at};

/// A caller that sends slowly sends one byte at a time.
const BYTE_EVERY: Duration = Duration::from_secs(1);
/// The length that a slow body claims to have.
const CLAIMED_BYTES: usize = 1_000_000;

/// How the body comes.
#[derive(Clone, Debug)]
pub enum Sent {
    /// With the head.
    AtOnce(String),
    /// Byte by byte, and never all of it.
    Slowly,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub media: &'static str,
    pub body: Sent,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx, or not answered when the attack ended.
    Answered,
    /// 4xx as a problem document; 429 with `Retry-After`.
    RefusedWell,
    /// Closed without an answer, or answered in another way.
    BrokenOff,
}

/// A connection that is kept as long as the service keeps it.
#[derive(Default)]
pub struct Kept(Option<BufStream<TcpStream>>);

struct Head {
    status: u16,
    length: Option<usize>,
    is_problem: bool,
    has_retry_after: bool,
    closes: bool,
}

impl Request {
    fn bytes(&self, token: &str) -> String {
        let (length, body) = match &self.body {
            Sent::AtOnce(body) => (body.len(), body.as_str()),
            Sent::Slowly => (CLAIMED_BYTES, ""),
        };
        format!(
            "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: {}\r\n\
                Content-Length: {length}\r\n\r\n{body}",
            self.method, self.path, self.media
        )
    }
}

impl Kept {
    /// Makes a call, and reads the answer until it ends or the attack does.
    pub async fn call(
        &mut self,
        port: u16,
        token: &str,
        request: &Request,
        until: Instant,
    ) -> Outcome {
        let called = timeout_at(until, self.exchange(port, token, request)).await;
        match called {
            Ok(Ok(head)) if (200..300).contains(&head.status) => Outcome::Answered,
            Ok(Ok(head)) if head.is_refused_well() => Outcome::RefusedWell,
            Ok(_) => Outcome::BrokenOff,
            Err(_) => Outcome::Answered,
        }
    }

    async fn exchange(&mut self, port: u16, token: &str, request: &Request) -> Result<Head> {
        let mut stream = match self.0.take() {
            Some(stream) => stream,
            None => BufStream::new(TcpStream::connect(("127.0.0.1", port)).await?),
        };
        stream.write_all(request.bytes(token).as_bytes()).await?;
        stream.flush().await?;
        let head = match request.body {
            Sent::AtOnce(_) => read_head(&mut stream).await?,
            Sent::Slowly => trickle(&mut stream).await?,
        };
        match head.length {
            Some(length) => {
                stream.read_exact(&mut vec![0; length]).await?;
            }
            // A stream: it is read until it ends.
            None => while stream.read(&mut [0; 1024]).await? > 0 {},
        }
        self.0 = (!head.closes && head.length.is_some()).then_some(stream);
        Ok(head)
    }
}

impl Head {
    fn is_refused_well(&self) -> bool {
        let is_client_error = (400..500).contains(&self.status);
        is_client_error && self.is_problem && (self.status != 429 || self.has_retry_after)
    }
}

/// Sends a body byte by byte until there is an answer.
async fn trickle(stream: &mut BufStream<TcpStream>) -> Result<Head> {
    loop {
        select! {
            filled = stream.fill_buf() => {
                filled?;
                return read_head(stream).await;
            }
            () = sleep(BYTE_EVERY) => {}
        }
        stream.write_all(b"1").await?;
        stream.flush().await?;
    }
}

async fn read_head(stream: &mut BufStream<TcpStream>) -> Result<Head> {
    let mut head =
        Head { status: 0, length: None, is_problem: false, has_retry_after: false, closes: false };
    let mut line = String::new();
    loop {
        line.clear();
        anyhow::ensure!(stream.read_line(&mut line).await? > 0, "closed");
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            return Ok(head);
        }
        if head.status == 0 {
            head.status = line.split(' ').nth(1).context("no status")?.parse()?;
        } else if let Some((name, value)) = line.split_once(": ") {
            match name {
                "content-length" => head.length = Some(value.parse()?),
                "content-type" => head.is_problem = value == "application/problem+json",
                "retry-after" => head.has_retry_after = true,
                "connection" => head.closes = value == "close",
                _ => {}
            }
        }
    }
}
