//! Verifications that callers ask for, and those that a run could not finish: a worker that has a free slot does them.

use std::sync::Arc;

use super::check::check;
use super::failure::Failure;
use super::lease::{conclude, during};
use super::open::open;
use crate::app::App;
use crate::db;
use crate::verifications::{Findings, ListVerification, VerificationId, store};

/// Those that may be claimed, at most so many.
pub async fn due(app: &App, most: i64) -> sqlx::Result<Vec<VerificationId>> {
    store::due(&mut app.db.read().await?, db::now(), most).await
}

/// Claims a verification and does it, unless another worker has it.
pub async fn execute(app: &Arc<App>, id: VerificationId) -> sqlx::Result<()> {
    let mut tx = app.db.write().await?;
    let claimed = store::claim(&mut tx, id, db::now(), app.config.work.lease()).await?;
    tx.commit().await?;
    let Some(verification) = claimed else { return Ok(()) };
    let work = async {
        tokio::select! {
            found = Box::pin(find(app, &verification)) => found,
            () = app.stop.cancelled() => Err(Failure::Later("the worker stops".into())),
        }
    };
    match during(app, &verification, work).await {
        Some(found) => conclude(app, &verification, found).await,
        None => Ok(()),
    }
}

async fn find(app: &Arc<App>, verification: &ListVerification) -> Result<Findings, Failure> {
    let subject = open(app, verification.run_id).await?;
    check(&subject, verification).await
}
