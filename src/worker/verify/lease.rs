//! The lease of a verification: renewed while it is active, and given up with what was found.

use std::time::Duration;

use tokio::select;
use tokio::time::sleep;

use super::failure::Failure;
use crate::app::App;
use crate::backoff;
use crate::db;
use crate::verifications::{Findings, ListVerification, store};

/// Claims of a verification before it fails.
const CLAIMS_MAX: i64 = 5;
/// The longest pause before it is tried again.
const PAUSE_MAX: Duration = Duration::from_mins(10);

/// Does something while this worker has the verification; `None`: another one has it now.
pub async fn during<T>(
    app: &App,
    verification: &ListVerification,
    work: impl Future<Output = T>,
) -> Option<T> {
    select! {
        done = work => Some(done),
        () = renew_until_lost(app, verification) => None,
    }
}

async fn renew_until_lost(app: &App, verification: &ListVerification) {
    let ttl = app.config.work.lease();
    loop {
        sleep(ttl / 3).await;
        let renewed = async {
            let mut tx = app.db.write().await?;
            let is_ours = store::renew(&mut tx, verification.lease(), db::now() + ttl).await?;
            tx.commit().await?;
            Ok::<_, sqlx::Error>(is_ours)
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return,
            // The lease lasts for a while: the next time it may be there.
            Err(error) => tracing::warn!(%error, "the lease of a verification was not renewed"),
        }
    }
}

/// Writes what was found, or why nothing was. Nothing is written when another worker has the verification.
pub async fn conclude(
    app: &App,
    verification: &ListVerification,
    found: Result<Findings, Failure>,
) -> sqlx::Result<()> {
    let (lease, now) = (verification.lease(), db::now());
    let mut tx = app.db.write().await?;
    match found {
        Ok(found) => {
            store::complete(&mut tx, lease, &found, now).await?;
            log(verification, &found);
        }
        Err(Failure::Later(reason)) if verification.fence < CLAIMS_MAX => {
            let first = Duration::from_millis(app.config.work.run_pause_ms);
            let attempt = u32::try_from(verification.fence).unwrap_or(1);
            let pause = backoff::pause(first, PAUSE_MAX, attempt, rand::random());
            tracing::warn!(run.id = %verification.run_id.0, reason, "a verification is postponed");
            store::release(&mut tx, lease, now + pause).await?;
        }
        Err(Failure::Later(reason) | Failure::Final(reason)) => {
            tracing::warn!(run.id = %verification.run_id.0, reason, "a verification found nothing out");
            store::fail(&mut tx, lease, &reason, now).await?;
        }
    }
    tx.commit().await
}

fn log(verification: &ListVerification, found: &Findings) {
    let Findings { confirmed, missing, changed_by_others, strangers, unknown, .. } = found;
    tracing::info!(
        run.id = %verification.run_id.0,
        confirmed,
        missing,
        changed_by_others,
        strangers,
        unknown,
        "a run was verified"
    );
}
