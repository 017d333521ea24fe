//! Corrects planned times that are later than their schedule says.
//!
//! A scheduler whose clock is ahead moves planned times on to what comes after that moment. When its clock is right
//! again, nothing would start until then. The rules of a time zone may change as well.

use uuid::Uuid;

use crate::app::App;
use crate::db::Time;
use crate::exports::{Export, store_planned};
use crate::schedules::refresh::Planned;
use crate::schedules::store;

/// Exports read at a time.
const STEP: i64 = 200;

/// Plans anew whatever is planned later than the next time of its schedule after `now`.
pub async fn plan_anew(app: &App, now: Time) -> anyhow::Result<()> {
    for refresh in store::refreshes_after(&mut app.db.read().await?, now).await? {
        plan_refresh(app, &refresh, now).await?;
    }
    let mut last = None;
    loop {
        let planned = store_planned::after(&mut app.db.read().await?, now, last, STEP).await?;
        let Some(export) = planned.last() else { return Ok(()) };
        last = Some(export.id);
        for export in &planned {
            plan_export(app, export, now).await?;
        }
    }
}

async fn plan_refresh(app: &App, refresh: &Planned, now: Time) -> anyhow::Result<()> {
    let Some(next) = earlier(refresh.next_planned_utc, refresh.schedule.next(now)) else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    let is_moved = store::move_refresh_on(&mut tx, refresh, Some(next)).await?;
    tx.commit().await?;
    if is_moved {
        warn("refresh", refresh.instance_id, refresh.next_planned_utc, next);
    }
    Ok(())
}

async fn plan_export(app: &App, export: &Export, now: Time) -> anyhow::Result<()> {
    let Some(next) = earlier(export.next_planned_utc, export.schedule.next(now)) else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    let is_moved = store_planned::move_on(&mut tx, export, Some(next)).await?;
    tx.commit().await?;
    if is_moved {
        warn("export", export.id.0, export.next_planned_utc, next);
    }
    Ok(())
}

/// The next time of a schedule, if what is planned is later.
fn earlier(planned: Option<Time>, next: Option<Time>) -> Option<Time> {
    next.filter(|next| planned.is_some_and(|planned| planned > *next))
}

fn warn(what: &str, id: Uuid, was: Option<Time>, next: Time) {
    tracing::warn!(
        what,
        %id,
        was = was.map(|time| time.to_rfc3339()),
        next = next.to_rfc3339(),
        "a planned time was later than its schedule says, and is corrected: was a clock ahead?"
    );
}
