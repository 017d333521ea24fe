//! Which run to look at next.
//!
//! The queue holds run ids only, as hints: the `runs` table is the truth. A lost, late or repeated hint
//! costs time, never correctness, because a claim decides, and the sweeper pushes again whatever the
//! queue forgot.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::{
    AsyncCommands, AsyncConnectionConfig, Client, ErrorKind, TlsCertificates, cmd,
};
use deadpool_redis::{Manager, Pool, PoolError, Runtime};
use metrics::gauge;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, mpsc};
use tracing::Span;

use crate::runs::RunId;
use crate::telemetry::measures;

/// The longest a `pop` may wait.
pub const PATIENCE_MAX: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 16;

/// Hints at runs that are due.
#[derive(Clone)]
pub enum Queue {
    /// In this process.
    Embedded {
        /// Where hints go in.
        sender: mpsc::UnboundedSender<RunId>,
        /// Where they come out.
        receiver: Arc<Mutex<mpsc::UnboundedReceiver<RunId>>>,
    },
    /// In Redis, shared by all processes.
    Redis {
        /// Connections.
        pool: Pool,
        /// Key of the list.
        list: String,
    },
}

impl Queue {
    /// A queue in this process.
    #[must_use]
    pub fn embedded() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self::Embedded { sender, receiver: Arc::new(Mutex::new(receiver)) }
    }

    /// A queue in Redis at `url`, in the list of this key. `authorities` sign its certificate (PEM), those of the
    /// system when left out.
    pub fn redis(
        url: &SecretString,
        list: &str,
        authorities: Option<Vec<u8>>,
    ) -> anyhow::Result<Self> {
        // By default the client gives up on any answer after 500 ms, which would end every blocking pop.
        let connection = AsyncConnectionConfig::new()
            .set_response_timeout(Some(ANSWER_MAX))
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
        Ok(Self::Redis { pool, list: list.to_owned() })
    }

    /// Hints at a run. A queue that is away only costs time, so this reports and goes on.
    pub async fn hint(&self, run: RunId) {
        if let Err(error) = self.push(run).await {
            tracing::warn!(run.id = %run.0, error = format!("{error:#}"), "the queue is away; the sweeper will find the run");
        }
    }

    /// Pushes a hint.
    pub async fn push(&self, run: RunId) -> anyhow::Result<()> {
        match self {
            Self::Embedded { sender, .. } => sender.send(run)?,
            Self::Redis { pool, list } => {
                let _span = redis_span("push");
                pool.get().await?.rpush::<_, _, ()>(list, run.0.to_string()).await?;
            }
        }
        Ok(())
    }

    /// Waits up to `patience` (at most `PATIENCE_MAX`) for a hint.
    pub async fn pop(&self, patience: Duration) -> anyhow::Result<Option<RunId>> {
        let patience = patience.min(PATIENCE_MAX);
        match self {
            Self::Embedded { receiver, .. } => {
                let mut receiver = receiver.lock().await;
                Ok(tokio::time::timeout(patience, receiver.recv()).await.ok().flatten())
            }
            Self::Redis { pool, list } => {
                let _span = redis_span("pop");
                let mut connection = pool.get().await?;
                let popped: Option<(String, String)> = cmd("BLPOP")
                    .arg(list)
                    .arg(patience.as_secs_f64())
                    .query_async(&mut connection)
                    .await?;
                Ok(popped.and_then(|(_, id)| id.parse().ok()).map(RunId))
            }
        }
    }

    /// Shows how many connections are in use.
    pub fn measure(&self) {
        if let Self::Redis { pool, .. } = self {
            let status = pool.status();
            let used = status.size.saturating_sub(status.available);
            measures::connections(measures::REDIS_CONNECTIONS, used, status.available);
            gauge!(measures::REDIS_WAITING).set(measures::number(status.waiting));
        }
    }

    /// Whether the queue answers.
    pub async fn probe(&self) -> anyhow::Result<()> {
        if let Self::Redis { pool, .. } = self {
            let () = cmd("PING").query_async(&mut pool.get().await?).await?;
        }
        Ok(())
    }
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
