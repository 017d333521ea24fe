//! The part of a worker that erases people, one erasure after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use super::execute::execute;
use crate::app::App;
use crate::db;
use crate::erasures::{ErasureId, store_work};

/// Runs until the service stops.
pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_millis(app.config.work.sweep_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            _ = ticks.tick() => {}
            () = app.stop.cancelled() => return Ok(()),
        }
        if let Err(error) = execute_due(&app).await {
            let error = format!("{error:#}");
            tracing::warn!(error, "people could not be erased; retrying");
        }
    }
}

async fn execute_due(app: &Arc<App>) -> anyhow::Result<()> {
    while let Some(id) = due(app).await? {
        Box::pin(execute(app, id)).await?;
        if app.stop.is_cancelled() {
            break;
        }
    }
    Ok(())
}

async fn due(app: &App) -> sqlx::Result<Option<ErasureId>> {
    store_work::due(&mut app.db.read().await?, db::now()).await
}
