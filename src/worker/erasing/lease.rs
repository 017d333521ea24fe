//! The lease of an erasure: renewed while it is active, and given up when it has to wait.

use std::time::Duration;

use tokio::select;
use tokio::time::sleep;

use super::job::ErasureLost;
use crate::app::App;
use crate::backoff;
use crate::db;
use crate::erasures::{Erasure, store_work};

/// The longest pause before it is tried once more.
const PAUSE_MAX: Duration = Duration::from_mins(15);

/// Does something while this worker has the erasure.
pub async fn during<T>(
    app: &App,
    erasure: &Erasure,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    select! {
        done = work => done,
        () = renew_until_lost(app, erasure) => Err(ErasureLost.into()),
    }
}

async fn renew_until_lost(app: &App, erasure: &Erasure) {
    let ttl = app.config.work.lease();
    loop {
        sleep(ttl / 3).await;
        let renewed = async {
            let mut tx = app.db.write().await?;
            let is_ours = store_work::renew(&mut tx, erasure.lease(), db::now() + ttl).await?;
            tx.commit().await?;
            Ok::<_, sqlx::Error>(is_ours)
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return,
            // The lease lasts for a while: the next time it may be there.
            Err(error) => tracing::warn!(%error, "the lease of an erasure was not renewed"),
        }
    }
}

/// Tells operators what is in the way, and in which instance: metrics name none.
pub fn note_waiting(erasure: &Erasure, waiting: &str) {
    let (id, instance) = (erasure.id.0, erasure.instance_id);
    tracing::info!(erasure.id = %id, instance.id = %instance, waiting, "an erasure waits");
}

/// Hands an erasure back, with what is in its way. It is due again after a pause that grows.
pub async fn postpone(app: &App, erasure: &Erasure, waiting: &str) -> anyhow::Result<()> {
    let first = Duration::from_millis(app.config.work.run_pause_ms);
    let attempt = u32::try_from(erasure.fence).unwrap_or(u32::MAX);
    let pause = backoff::pause(first, PAUSE_MAX, attempt, rand::random());
    note_waiting(erasure, waiting);
    release(app, erasure, Some(waiting), db::now() + pause).await
}

/// Hands an erasure back: it is due at this time.
pub async fn release(
    app: &App,
    erasure: &Erasure,
    waiting: Option<&str>,
    due: db::Time,
) -> anyhow::Result<()> {
    let mut tx = app.db.write().await?;
    store_work::release(&mut tx, erasure.lease(), waiting, due).await?;
    Ok(tx.commit().await?)
}
