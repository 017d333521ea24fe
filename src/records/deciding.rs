//! What decides, beside the rows, what a run of changes finds: while all of it is the same, the same rows lead to the
//! same plan.
//!
//! Whatever the phases before the first upload read belongs into [`Deciding`], or into one of the two conditions that a
//! run checks by itself each time: that the list has the people who are known there, and that nobody whom it refused is
//! active on it.

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::other_exports;
use super::plan::Plan;
use crate::app::App;
use crate::baselines::{self, Baseline};
use crate::db::ReadHandle;
use crate::exports::{ListSync, Options, SendMode};
use crate::feedback::readmitted;
use crate::names::{ExportId, RunId};
use crate::runs::{Run, store_sent};
use crate::storage::OwnObject;

/// Rises when something else decides, or what decides is written in another way.
const FORM: u8 = 1;

/// Each of these, and what it decides.
#[derive(Serialize)]
struct Deciding<'a> {
    form: u8,
    /// The mapping, the fields of the list that it fills, whether people come back, and the version of this program:
    /// what is read of a row, and which record it becomes.
    fingerprint: &'a str,
    /// Whose baseline counts, and of which list.
    export: ExportId,
    list: &'a str,
    /// Which members are sent, what becomes of people who leave, and which limits a plan may reach.
    sync: &'a ListSync,
    options: &'a Options,
    /// What the rows are compared with: replaced by every run that sent somebody or did something to people who left,
    /// and when somebody is erased.
    version: i64,
    layers: &'a [OwnObject],
    run: RunId,
    /// The last run that sent somebody: where the baseline does not know of it, everybody is sent.
    sender: Option<RunId>,
    /// People who were erased since are not sent.
    tombstones: i64,
    /// The baselines of the list, of whatever export and instance: whom they hold, whom they have taken off it, and who
    /// said no to them.
    known_on_list: Vec<(ExportId, i64)>,
    /// The exports of which it is certain whom they hold; `None` when it is of one of them not: then nobody is removed,
    /// and the run says so.
    holders: Option<Vec<(ExportId, i64)>>,
}

/// What decides what a run finds.
pub struct Decided {
    /// What its rows are compared with.
    pub baseline: Baseline,
    /// A hash of everything in [`Deciding`].
    pub by: String,
}

/// What decides what this run finds, as it is now; `None` where it sends more than changes, or where what decides can
/// change by itself.
pub async fn decided(
    app: &App,
    run: &Run,
    plan: &Plan,
    tombstones: i64,
) -> sqlx::Result<Option<Decided>> {
    let is_full = run.full_because.is_some() || run.list_emptied;
    if run.sync.send != SendMode::Changes || is_full {
        return Ok(None);
    }
    let (export, list) = (run.export_id, run.list_id.as_str());
    let mut tx = app.db.read().await?;
    let Some(baseline) = baselines::store::get(&mut tx, export, list).await? else {
        return Ok(None);
    };
    let sender = store_sent::last_sending(&mut tx, export, list, run.id).await?;
    let is_known = !baseline.list_emptied
        && baseline.run_id != run.id
        && baseline.is_trusted(sender, run.id)
        && baseline.fingerprint == plan.fingerprint;
    if !is_known || may_count_later(&mut tx, export, plan).await? {
        return Ok(None);
    }
    let of = |all: Vec<Baseline>| all.iter().map(|one| (one.export_id, one.version)).collect();
    let deciding = Deciding {
        form: FORM,
        fingerprint: &plan.fingerprint,
        export,
        list,
        sync: &run.sync,
        options: &run.options,
        version: baseline.version,
        layers: &baseline.layers,
        run: baseline.run_id,
        sender,
        tombstones,
        known_on_list: of(baselines::store::of_list(&mut tx, list).await?),
        holders: other_exports::baselines(&mut tx, export, &run.list_id).await?.map(of),
    };
    let by = hex::encode(Sha256::digest(json!(deciding).to_string()));
    Ok(Some(Decided { baseline, by }))
}

/// Whether somebody was readmitted: whether that counts for a no depends on the run that met it, which retention
/// removes.
async fn may_count_later(tx: &mut ReadHandle, export: ExportId, plan: &Plan) -> sqlx::Result<bool> {
    Ok(plan.resubscribes() && !readmitted(tx, export).await?.is_empty())
}
