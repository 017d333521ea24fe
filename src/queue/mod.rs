//! The queue says which run a worker should claim next.
//!
//! The queue holds run ids only, as hints: the `runs` table is the truth. A lost, late or repeated hint
//! costs time, never correctness: a claim decides, and the sweeper pushes again what the queue
//! lost. A run is in it once, however often it is pushed, so it has at most one hint a run.

mod address;
mod servers;

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolError};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncCommands, ErrorKind, RedisError, RedisResult, cmd};
use metrics::gauge;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::Span;

use crate::db;
use crate::names::RunId;
use crate::telemetry::measures;
use address::RedisAddress;
use servers::Servers;

/// The longest a `pop` may wait.
pub const PATIENCE_MAX: Duration = Duration::from_secs(5);
/// How long Redis may take to accept a connection and to respond, without the time that a `pop` waits for a hint.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// Nothing is pushed for this long after a failed push, so that not every caller waits for Redis.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(5);
const CONNECTIONS_MAX: usize = 16;

/// Hints at runs that are due.
#[derive(Clone)]
pub enum Queue {
    /// Hints of this process alone.
    Embedded {
        sender: mpsc::UnboundedSender<RunId>,
        receiver: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<RunId>>>,
        /// Hints that were sent and not yet received.
        waiting: Arc<Mutex<HashSet<RunId>>>,
    },
    /// In Redis, shared by all processes.
    Redis {
        pool: Pool<Servers>,
        /// Key of the sorted set: ids, by the time they were pushed.
        key: String,
        /// When the last push failed; `None` when it succeeded.
        failed_at: Arc<Mutex<Option<Instant>>>,
    },
}

impl Queue {
    /// A queue in this process.
    #[must_use]
    pub fn embedded() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        Self::Embedded { sender, receiver, waiting: Arc::default() }
    }

    /// A queue with this name in Redis at `url`. `authorities` (PEM) sign its certificate; without them those of the
    /// system. A file with its password is read again for each connection.
    pub fn redis(
        url: &SecretString,
        name: &str,
        authorities: Option<&[u8]>,
        password_file: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let address = RedisAddress::parse(url.expose_secret())?;
        // The previous version of the program keeps a list under the name itself.
        let key = format!("{name}:due");
        let times = (ANSWER_MAX, PATIENCE_MAX + ANSWER_MAX);
        let servers = Servers::new(&address, authorities, password_file, &key, times)?;
        let pool = Pool::builder(servers)
            .max_size(CONNECTIONS_MAX)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ANSWER_MAX))
            .create_timeout(Some(ANSWER_MAX))
            .recycle_timeout(Some(ANSWER_MAX))
            .build()?;
        Ok(Self::Redis { pool, key, failed_at: Arc::default() })
    }

    /// Hints at a run. An unavailable queue only costs time, so this logs the error and returns.
    pub async fn hint(&self, run: RunId) {
        if let Err(error) = self.push(run).await {
            let error = format!("{error:#}");
            tracing::warn!(run.id = %run.0, error, "the queue is unavailable; the sweeper will find the run");
        }
    }

    /// Pushes a hint, unless the run is in the queue already.
    pub async fn push(&self, run: RunId) -> anyhow::Result<()> {
        match self {
            Self::Embedded { sender, waiting, .. } => {
                if locked(waiting).insert(run) {
                    sender.send(run)?;
                }
                Ok(())
            }
            Self::Redis { pool, key, failed_at } => {
                let failed_lately =
                    locked(failed_at).is_some_and(|since| since.elapsed() < UNAVAILABLE_PAUSE);
                anyhow::ensure!(!failed_lately, "Redis was unavailable a moment ago");
                let pushed = push(pool, key, run).await;
                *locked(failed_at) = pushed.is_err().then(Instant::now);
                pushed
            }
        }
    }

    /// Whether the last push failed.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Redis { failed_at, .. } if locked(failed_at).is_some())
    }

    /// Waits up to `patience` (at most `PATIENCE_MAX`) for a hint.
    pub async fn pop(&self, patience: Duration) -> anyhow::Result<Option<RunId>> {
        let patience = patience.min(PATIENCE_MAX);
        match self {
            Self::Embedded { receiver, waiting, .. } => {
                let mut receiver = receiver.lock().await;
                let popped = timeout(patience, receiver.recv()).await.ok().flatten();
                if let Some(run) = &popped {
                    locked(waiting).remove(run);
                }
                Ok(popped)
            }
            Self::Redis { pool, key, .. } => {
                let _span = redis_span("pop");
                let pop = cmd("BZPOPMIN").arg(key).arg(patience.as_secs_f64()).to_owned();
                let popped: Option<(String, String, f64)> =
                    ask(pool, ANSWER_MAX + patience, async |redis| pop.query_async(redis).await)
                        .await?;
                Ok(popped.and_then(|(_, id, _)| id.parse().ok()).map(RunId))
            }
        }
    }

    /// How many hints are in the queue.
    pub async fn length(&self) -> anyhow::Result<usize> {
        match self {
            Self::Embedded { waiting, .. } => Ok(locked(waiting).len()),
            Self::Redis { pool, key, .. } => {
                ask(pool, ANSWER_MAX, async |redis| redis.zcard(key).await).await
            }
        }
    }

    /// Sets the gauges of hints and of connections to Redis.
    pub async fn measure(&self) {
        gauge!(measures::QUEUE_HINTS)
            .set(self.length().await.map_or(f64::NAN, measures::gauge_value));
        if let Self::Redis { pool, .. } = self {
            let status = pool.status();
            let used = status.size.saturating_sub(status.available);
            measures::connections(measures::REDIS_CONNECTIONS, used, status.available);
            gauge!(measures::REDIS_WAITING).set(measures::gauge_value(status.waiting));
        }
    }

    /// Fails when Redis does not answer in time.
    pub async fn probe(&self) -> anyhow::Result<()> {
        match self {
            Self::Embedded { .. } => Ok(()),
            Self::Redis { pool, .. } => {
                ask(pool, ANSWER_MAX, async |redis| cmd("PING").query_async(redis).await).await
            }
        }
    }
}

async fn push(pool: &Pool<Servers>, key: &str, run: RunId) -> anyhow::Result<()> {
    let _span = redis_span("push");
    let mut add = cmd("ZADD");
    add.arg(key).arg("NX").arg(db::now().timestamp_millis()).arg(run.0.to_string());
    ask(pool, ANSWER_MAX, async |redis| add.query_async(redis).await).await
}

/// Calls Redis; `most` limits the wait for a connection and the call together. A connection on which a call fails is
/// not used again: its server may have become a replica.
async fn ask<T>(
    pool: &Pool<Servers>,
    most: Duration,
    call: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
) -> anyhow::Result<T> {
    let begun = Instant::now();
    // Boxed, because what opens a connection would be a part of every call.
    let connection = timeout(most, Box::pin(pool.get())).await;
    let mut connection = connection.map_err(|_| silent())??;
    let answer = timeout(most.saturating_sub(begun.elapsed()), call(&mut connection)).await;
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        failed => {
            drop(Object::take(connection));
            Ok(failed.map_err(|_| silent())??)
        }
    }
}

fn silent() -> anyhow::Error {
    anyhow::anyhow!("Redis does not respond")
}

/// A panic while it was locked leaves no half-written value.
fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The type by which the Redis client stores the source of an error.
type Cause = dyn Error + Send + Sync;

/// Whether Redis rejects the credentials, Sentinels do not know it, or its certificate is not trusted: waiting does not
/// help.
#[must_use]
pub fn is_refusal(error: &anyhow::Error) -> bool {
    let Some(PoolError::<RedisError>::Backend(error)) = error.downcast_ref() else {
        return false;
    };
    let source = error.source().and_then(|source| source.downcast_ref::<Arc<Cause>>());
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    matches!(error.kind(), ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig)
        || matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"))
        || io.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData)
}

/// The span of a call of Redis, which lasts as long as the value.
fn redis_span(call: &str) -> Span {
    tracing::debug_span!(
        "redis",
        otel.name = format!("redis {call}"),
        otel.kind = "client",
        db.system.name = "redis"
    )
}
