//! Writes the manifests of row logs that no worker could write. It is a part of its own: the storages of customers may
//! be slow, and retention waits for none of them.

use std::sync::Arc;
use std::time::Duration;

use super::repeat::repeat;
use crate::app::App;
use crate::row_logs;

const EVERY: Duration = Duration::from_mins(1);
const FAILED: &str = "row logs of ended runs could not be listed";

/// Runs until the service stops.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    repeat(app, EVERY, FAILED, |app, now| async move { row_logs::finish_ended(&app, now).await })
        .await;
    Ok(())
}
