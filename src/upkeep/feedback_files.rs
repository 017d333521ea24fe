//! Writes who left into the folders of customers, after runs. It is a part of its own: these storages may be slow, and
//! neither a run, nor a manifest, nor the file of another export waits for any of them.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use super::repeat::repeat;
use crate::app::App;
use crate::feedback;

const FAILED: &str = "exports whose leavers are to be written could not be listed";

/// Runs until the service stops.
pub(crate) async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let (slots, tasks) = (feedback::slots(), TaskTracker::new());
    let begin = |app: Arc<App>, now| {
        let (slots, tasks) = (slots.clone(), tasks.clone());
        async move { feedback::begin_due(&app, &slots, &tasks, now).await }
    };
    let every = Duration::from_millis(app.config.work.sweep_ms);
    repeat(app, every, FAILED, begin).await;
    tasks.close();
    tasks.wait().await;
    Ok(())
}
