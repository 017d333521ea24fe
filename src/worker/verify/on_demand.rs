//! Verifications that callers ask for, and those that a run could not finish: a worker that has a free slot does them.
//!
//! A later run of the export sends other values, so nothing can be confirmed any more once one has begun. While a run
//! of another export changes the list, its pages are not those of one moment: the verification is done later.

use std::sync::Arc;

use super::check::check;
use super::failure::Failure;
use super::lease::{conclude, during};
use super::open::open;
use super::subject::Subject;
use crate::app::App;
use crate::verifications::{Findings, ListVerification, VerificationId, store};
use crate::{db, runs};

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
    let (subject, since) = (open(app, verification.run_id).await?, db::now());
    check_undisturbed(&subject, since).await?;
    let found = check(&subject, verification).await?;
    check_undisturbed(&subject, since).await?;
    Ok(found)
}

async fn check_undisturbed(subject: &Subject, since: db::Time) -> Result<(), Failure> {
    let mut tx = subject.app.db.read().await?;
    if runs::store::has_later_start(&mut tx, &subject.run).await? {
        return Err(Failure::Final(LATER_RUN.into()));
    }
    if runs::store::is_list_busy(&mut tx, &subject.run, since).await? {
        return Err(Failure::Later(BUSY_LIST.into()));
    }
    Ok(())
}

const LATER_RUN: &str = "A later run of the export has begun, so nobody can see any more what this run stored. Verify \
    the later run.";
const BUSY_LIST: &str =
    "Another run changed the list at the same time. Verify the run again when that one has ended.";
