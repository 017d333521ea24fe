//! Puts the overview together, for the API and for the support bundle.

use chrono::TimeDelta;
use sqlx::Result;

use super::views::{
    EndedRunsView, OpenAlertsView, OpenRunsView, OverviewView, PlannedTimesView, ProcessView,
    WaitingDeliveriesView,
};
use crate::channels::store_backlog;
use crate::db::{Db, ReadHandle, Time};
use crate::overview::{store, store_runs};
use crate::runs::store_waiting;
use crate::{alerts, connections, expectations, processes};

/// How far back a figure about lately reaches.
pub const DAY: TimeDelta = TimeDelta::hours(24);
/// The most processes in an answer, the newest first.
const PROCESSES_MAX: i64 = 200;

/// The whole service at `now`.
pub async fn overview(db: &Db, now: Time) -> Result<OverviewView> {
    let mut tx = db.read().await?;
    let processes = processes::store::list(&mut tx, PROCESSES_MAX).await?;
    let (open, due) =
        (store::open_runs(&mut tx, now).await?, store_waiting::backlog(&mut tx, now).await?);
    let (due_deliveries, oldest_due_utc) = store_backlog::backlog(&mut tx, now).await?;
    Ok(OverviewView {
        version: env!("CARGO_PKG_VERSION"),
        now_utc: now,
        processes: processes.into_iter().map(ProcessView::from).collect(),
        runs: OpenRunsView::of(&open, due),
        ended_24_hours: ended(&mut tx, now).await?,
        planned_24_hours: planned(&mut tx, now).await?,
        alerts_open: open_alerts(&mut tx).await?,
        deliveries: WaitingDeliveriesView { due: due_deliveries, oldest_due_utc },
        connections_needing_attention: connections::store::count_refused(&mut tx).await?,
        instances_paused: store::paused(&mut tx).await?,
    })
}

async fn ended(tx: &mut ReadHandle, now: Time) -> Result<Vec<EndedRunsView>> {
    let ended = store_runs::ended_since(tx, now - DAY).await?.into_iter();
    Ok(ended.map(|(status, culprit, runs)| EndedRunsView { status, culprit, runs }).collect())
}

async fn planned(tx: &mut ReadHandle, now: Time) -> Result<PlannedTimesView> {
    let [due, waiting, answered, missed] = expectations::store::count(tx, now - DAY, now).await?;
    Ok(PlannedTimesView { due, waiting, answered, missed })
}

async fn open_alerts(tx: &mut ReadHandle) -> Result<Vec<OpenAlertsView>> {
    let open = alerts::store_counts::open(tx).await?.into_iter();
    Ok(open.map(|(kind, culprit, alerts)| OpenAlertsView { kind, culprit, alerts }).collect())
}
