//! What the other exports to a list know: whom they hold there, and who said no to them.

use uuid::Uuid;

use super::plan_failure::PlanFailure;
use crate::app::App;
use crate::baselines::{self, Baseline, SaidNo};
use crate::db::ReadHandle;
use crate::exports::{ListId, store_senders};
use crate::names::{ExportId, RunId};
use crate::runs::store_sent;

/// A preview is none.
pub(super) const NO_RUN: RunId = RunId(Uuid::nil());

/// What is known outside of the baseline of the export.
pub struct OtherExports<'a> {
    /// The baselines of all other exports to the list: without them nobody's address changes.
    pub baselines: Option<&'a [Baseline]>,
    /// People who said no to any of them; where people come back, also to the export itself.
    pub said_no: &'a SaidNo,
}

/// The baselines of all other exports to the list; `None` when it is unknown whom one of them holds.
pub(super) async fn baselines(
    tx: &mut ReadHandle,
    own: ExportId,
    list: &ListId,
) -> sqlx::Result<Option<Vec<Baseline>>> {
    let exports = store_senders::exports_to(tx, list).await?;
    let stored = baselines::store::of_list(tx, list.as_str()).await?;
    let mut others = Vec::new();
    for export in exports.into_iter().filter(|export| *export != own) {
        let sender = store_sent::last_sending(tx, export, list.as_str(), NO_RUN).await?;
        let baseline = stored.iter().find(|baseline| baseline.export_id == export);
        match (baseline, sender) {
            (None, None) => {
                if store_senders::is_older_than_baselines(tx, export).await? {
                    return Ok(None);
                }
            }
            (Some(baseline), sender) if baseline.is_trusted(sender, NO_RUN) => {
                others.push(baseline.clone());
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(others))
}

/// Adds people who said no to an export of this instance to the list, but for one export: an id names the same person
/// only within one instance. What is damaged is left out.
pub async fn said_no(
    app: &App,
    (instance, but): (Uuid, Option<ExportId>),
    list: &ListId,
    mut all: SaidNo,
) -> Result<SaidNo, PlanFailure> {
    let mut tx = app.db.read().await?;
    let stored = baselines::store::of_list(&mut tx, list.as_str()).await?;
    drop(tx);
    let is_other =
        |other: &&Baseline| Some(other.export_id) != but && other.instance_id == instance;
    for other in stored.iter().filter(is_other) {
        match all.add(&app.storage, other).await {
            Ok(()) => {}
            Err(error @ baselines::Error::Damaged { .. }) => {
                tracing::warn!(%error, "who said no to an export is not known");
            }
            Err(baselines::Error::Storage(error)) => return Err(PlanFailure::Storage(error)),
        }
    }
    Ok(all)
}
