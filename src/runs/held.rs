//! How a run that waits for an approval ends without one: declined, superseded by a newer run, or out of time.

use sqlx::Result;

use super::measure;
use super::reason::{Reason, ReasonCode};
use super::run::Run;
use super::store_plans;
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::db::{Db, Time, WriteHandle};
use crate::names::ExportId;

/// Runs that one look ends.
const STEP: i64 = 100;

/// Ends a held run, and records who ended it, and the note of who did. `None`: it is not held any more.
pub(crate) async fn end(
    tx: &mut WriteHandle,
    run: &Run,
    author: &Author,
    action: Action,
    reason: &Reason,
    note: Option<&str>,
    now: Time,
) -> Result<Option<Run>> {
    let decided = (author.actor.subject.as_str(), note);
    let Some(ended) = store_plans::end_held(tx, run.id, reason, decided, now).await? else {
        return Ok(None);
    };
    audit::record(tx, author, action, Change::between(run, &ended)).await?;
    measure::run_ended(ended.status, ended.reason.as_deref());
    Ok(Some(ended))
}

/// Ends the held run of an export because a newer one begins, which computes a plan of its own.
pub(crate) async fn supersede(
    tx: &mut WriteHandle,
    export: ExportId,
    author: &Author,
    now: Time,
) -> Result<()> {
    if let Some(run) = store_plans::held_of_export(tx, export).await? {
        let reason = Reason::new(ReasonCode::Superseded, "");
        end(tx, &run, author, Action::RunSupersede, &reason, None, now).await?;
    }
    Ok(())
}

/// Ends every held run that nobody has approved in time.
pub(crate) async fn end_expired(db: &Db, now: Time) -> Result<()> {
    let expired = store_plans::expired(&mut db.read().await?, now, STEP).await?;
    for run in expired {
        let author = Author::system(run.instance_id, SystemActor::Scheduler);
        let reason = Reason::new(ReasonCode::NotApproved, "");
        let mut tx = db.write().await?;
        end(&mut tx, &run, &author, Action::RunExpire, &reason, None, now).await?;
        tx.commit().await?;
    }
    Ok(())
}
