//! The phase of a run that verifies it, before it ends. What goes wrong here never changes how the run ends; what could
//! not be finished is done after it, by whichever worker has a free slot.

use super::check::check;
use super::counts;
use super::lease::{conclude, during};
use super::reader::Reader;
use super::subject::Subject;
use crate::db;
use crate::exports::VerificationLevel;
use crate::verifications::store::{self, NewVerification};
use crate::verifications::{ListVerification, PAGES_DEFAULT};

/// Verifies a run whose profiles are all processed, at the level of its export.
pub async fn verify(subject: &Subject) {
    if let Err(error) = try_verify(subject).await {
        tracing::warn!(run.id = %subject.run.id.0, %error, "the run could not be verified");
    }
}

async fn try_verify(subject: &Subject) -> sqlx::Result<()> {
    let verification = begin(subject).await?;
    let Some(verification) = verification else { return Ok(()) };
    if verification.level.0 != VerificationLevel::Counts {
        // For the receipt: the counts are stored.
        let _ = counts::check(subject, &Reader::new(subject)).await;
    }
    let work = Box::pin(check(subject, &verification));
    match during(&subject.app, &verification, work).await {
        Some(found) => conclude(&subject.app, &verification, found).await,
        None => Ok(()),
    }
}

/// The verification that belongs to the run, in the hands of this worker.
async fn begin(subject: &Subject) -> sqlx::Result<Option<ListVerification>> {
    let (app, run, now) = (&subject.app, &subject.run, db::now());
    let level = run.sync.verify;
    let new = NewVerification {
        run: run.id,
        instance: run.instance_id,
        level,
        pages: (level == VerificationLevel::Sample).then_some(PAGES_DEFAULT),
        by: None,
        now,
    };
    let mut tx = app.db.write().await?;
    store::remove_own(&mut tx, run.id).await?;
    let Some(verification) = store::insert(&mut tx, &new).await? else { return Ok(None) };
    let claimed = store::claim(&mut tx, verification.id, now, app.config.work.lease()).await?;
    tx.commit().await?;
    Ok(claimed)
}
