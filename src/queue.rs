//! Which run to look at next.
//!
//! The queue holds run ids only, as hints: the `runs` table is the truth. A lost, late or repeated hint
//! costs time, never correctness, because a claim decides, and the sweeper pushes again whatever the
//! queue forgot. A run is in it once, however often it is pushed, so it grows no longer than there are runs.

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_redis::redis::{
    AsyncCommands, AsyncConnectionConfig, Client, ErrorKind, RedisResult, TlsCertificates, cmd,
};
use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime};
use metrics::gauge;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::Span;

use crate::db;
use crate::names::RunId;
use crate::telemetry::measures;

/// The longest a `pop` may wait.
pub const PATIENCE_MAX: Duration = Duration::from_secs(5);
/// How long Redis may take to be reached and to answer, beside the time that a `pop` waits for a hint.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How long nothing is pushed to a Redis that has just not taken a hint, so that nobody waits for it again and again.
const AWAY_PAUSE: Duration = Duration::from_secs(5);
const CONNECTIONS_MAX: usize = 16;

/// Hints at runs that are due.
#[derive(Clone)]
pub enum Queue {
    /// In this process.
    Embedded {
        /// Where hints go in.
        sender: mpsc::UnboundedSender<RunId>,
        /// Where they come out.
        receiver: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<RunId>>>,
        /// What is between the two.
        waiting: Arc<Mutex<HashSet<RunId>>>,
    },
    /// In Redis, shared by all processes.
    Redis {
        /// Connections.
        pool: Pool,
        /// Key of the sorted set: ids, by the time they were pushed.
        key: String,
        /// When Redis last did not take a hint, unless it has taken one since.
        away: Arc<Mutex<Option<Instant>>>,
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

    /// A queue in Redis at `url`, of this name. `authorities` sign its certificate (PEM), those of the
    /// system when left out.
    pub fn redis(
        url: &SecretString,
        name: &str,
        authorities: Option<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        // By default the client gives up on any answer after 500 ms, which would end every blocking pop.
        let connection = AsyncConnectionConfig::new()
            .set_response_timeout(Some(PATIENCE_MAX + ANSWER_MAX))
            .set_connection_timeout(Some(ANSWER_MAX));
        let client = match authorities {
            None => Client::open(url.expose_secret())?,
            root_cert => Client::build_with_tls(
                url.expose_secret(),
                TlsCertificates { client_tls: None, root_cert },
            )?,
        };
        let manager = Manager::new_with_config(client.get_connection_info().clone(), connection)?;
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ANSWER_MAX))
            .create_timeout(Some(ANSWER_MAX))
            .recycle_timeout(Some(ANSWER_MAX))
            .build()?;
        // Under the name itself a program of the version before keeps a list.
        Ok(Self::Redis { pool, key: format!("{name}:due"), away: Arc::default() })
    }

    /// Hints at a run. A queue that is away only costs time, so this reports and goes on.
    pub async fn hint(&self, run: RunId) {
        if let Err(error) = self.push(run).await {
            tracing::warn!(run.id = %run.0, error = format!("{error:#}"), "the queue is away; the sweeper will find the run");
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
            Self::Redis { pool, key, away } => {
                let is_away = locked(away).is_some_and(|since| since.elapsed() < AWAY_PAUSE);
                anyhow::ensure!(!is_away, "Redis was away just now");
                let pushed = push(pool, key, run).await;
                *locked(away) = pushed.is_err().then(Instant::now);
                pushed
            }
        }
    }

    /// Whether it has not taken the last hint.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Redis { away, .. } if locked(away).is_some())
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

    /// Shows how many hints there are, and how many connections are in use.
    pub async fn measure(&self) {
        gauge!(measures::QUEUE_HINTS).set(self.length().await.map_or(f64::NAN, measures::number));
        if let Self::Redis { pool, .. } = self {
            let status = pool.status();
            let used = status.size.saturating_sub(status.available);
            measures::connections(measures::REDIS_CONNECTIONS, used, status.available);
            gauge!(measures::REDIS_WAITING).set(measures::number(status.waiting));
        }
    }

    /// Whether the queue answers.
    pub async fn probe(&self) -> anyhow::Result<()> {
        match self {
            Self::Embedded { .. } => Ok(()),
            Self::Redis { pool, .. } => {
                ask(pool, ANSWER_MAX, async |redis| cmd("PING").query_async(redis).await).await
            }
        }
    }
}

async fn push(pool: &Pool, key: &str, run: RunId) -> anyhow::Result<()> {
    let _span = redis_span("push");
    let mut add = cmd("ZADD");
    add.arg(key).arg("NX").arg(db::now().timestamp_millis()).arg(run.0.to_string());
    ask(pool, ANSWER_MAX, async |redis| add.query_async(redis).await).await
}

/// Asks Redis something, which may take so long from the wait for a connection on.
async fn ask<T>(
    pool: &Pool,
    most: Duration,
    call: impl AsyncFnOnce(&mut Connection) -> RedisResult<T>,
) -> anyhow::Result<T> {
    let answer = async { Ok(call(&mut pool.get().await?).await?) };
    timeout(most, answer).await.unwrap_or_else(|_| anyhow::bail!("Redis does not answer"))
}

/// What is locked is whole even if somebody panicked over it.
fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As the Redis client keeps what an error came from.
type Cause = dyn Error + Send + Sync;

/// Whether Redis is there, but does not let us in, or is not the one it should be: waiting does not help.
#[must_use]
pub fn is_refusal(error: &anyhow::Error) -> bool {
    let Some(PoolError::Backend(error)) = error.downcast_ref() else {
        return false;
    };
    let source = error.source().and_then(|source| source.downcast_ref::<Arc<Cause>>());
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    error.kind() == ErrorKind::AuthenticationFailed
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
