//! Work that is repeated for as long as the service runs, and broken off when it stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::db::{self, Time};

/// Does `work` every so often, one after the other, until the service stops. `failed` says what could not be done: it
/// is done the next time.
pub(super) async fn repeat<W: Future<Output = sqlx::Result<()>>>(
    app: Arc<App>,
    every: Duration,
    failed: &str,
    work: impl Fn(Arc<App>, Time) -> W,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        select! {
            _ = ticks.tick() => {}
            () = app.stop.cancelled() => return,
        }
        let done = select! {
            done = Box::pin(work(app.clone(), db::now())) => done,
            () = app.stop.cancelled() => return,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "{failed}; retrying");
        }
    }
}
