//! What a run would do, before it does it: for the run itself, and for a preview.

use std::sync::Arc;

use super::address_changes::{self, AddressChanges};
use super::basis::Basis;
use super::census::{self, BaselineIndex, Census, Rows};
use super::forecast::{self, CallPace, Hold, Intent};
use super::hasher::Hasher;
use super::leaver_set::{self, LeaverSet};
use super::marking::Marking;
use super::other_exports::{self, NO_RUN, OtherExports};
use super::plan::Plan;
use super::plan_failure::PlanFailure;
use super::plan_subject::PlanSubject;
use crate::app::App;
use crate::baselines::{self, Baseline, HashKind, Index, SaidNo};
use crate::db::ReadHandle;
use crate::exports::{Leavers, Warning, WarningCode};
use crate::runs::{ComparedWith, RunPlan, store_batches, store_plans, store_sent};
use crate::storage::Manifest;

/// The plan of a run, and what it needs to carry it out.
pub struct Outlook {
    pub plan: RunPlan,
    pub hash: String,
    pub hold: Hold,
    pub leavers: LeaverSet,
    /// Newcomers whom the baseline knows under another address.
    pub changes: AddressChanges,
    /// In which the slots of the leavers count.
    pub baseline: Option<Baseline>,
    /// Why nobody leaves the list, where somebody might.
    pub doubt: Option<Warning>,
}

/// The plan of a run that needs one; `None` for others. A run that only sends changes needs one when addresses changed:
/// to find that out it first reads no values.
pub async fn compute_where_needed(
    app: &App,
    subject: &PlanSubject<'_>,
    plan: Arc<Plan>,
    manifests: &[Arc<Manifest>],
) -> Result<Option<Outlook>, PlanFailure> {
    let said_no = said_no_elsewhere(app, subject, &plan).await?;
    let is_known = subject.basis.is_some_and(|basis| basis.marking.known().is_some());
    if !forecast::needs_plan(subject.sync) {
        let is_nobody_known = !is_known && said_no.is_empty();
        if is_nobody_known || !subject.sync.follows_segments() {
            return Ok(None);
        }
        let narrow = Arc::new(plan.decisive());
        let peeked = Box::pin(compute(app, subject, narrow, manifests, &said_no)).await?;
        if peeked.changes.is_empty() {
            return Ok(None);
        }
    }
    Box::pin(compute(app, subject, plan, manifests, &said_no)).await.map(Some)
}

/// Computes the plan of a run: reads the segments and the baselines, and sends nothing.
async fn compute(
    app: &App,
    subject: &PlanSubject<'_>,
    plan: Arc<Plan>,
    manifests: &[Arc<Manifest>],
    said_no: &SaidNo,
) -> Result<Outlook, PlanFailure> {
    let mut tx = app.db.read().await?;
    let (pace, compared_with) = pace_and_last(&mut tx, app, subject).await?;
    let (own, others) = (
        own(&mut tx, subject).await?,
        other_exports::baselines(&mut tx, subject.export, subject.list).await?,
    );
    drop(tx);
    let Loaded { known, before, doubt } = loaded(app, own, &plan, subject.basis).await?;
    let rows = Rows { storage: app.storage.clone(), manifests: manifests.to_vec(), plan };
    let keeps_ids = !said_no.is_empty();
    let census = census::take(&rows, (known, before), keeps_ids).await;
    let census = census.map_err(PlanFailure::Read)?;
    let expected: u64 = manifests.iter().map(|manifest| manifest.rows()).sum();
    if u64::try_from(census.rows) != Ok(expected) {
        return Err(PlanFailure::Incomplete);
    }
    let others = others.as_deref();
    let elsewhere = OtherExports { baselines: others, said_no };
    let changes = changes(subject, &rows, &census, &elsewhere).await?;
    let found = (&census, &changes);
    let (leavers, doubt) = leavers(app, subject, found, others, doubt).await?;
    let sends_all = subject.basis.is_none_or(|basis| !basis.is_comparing());
    let is_emptied = subject.basis.is_some_and(|basis| basis.baseline.list_emptied);
    let intent = Intent { sync: subject.sync, sends_all, is_emptied, pace, compared_with };
    let plan = forecast::plan(&census, &changes, &leavers, &intent);
    let list = subject.list.as_str();
    let people = (&changes, &leavers);
    let hold = forecast::hold(&plan, &census, subject.sync);
    let hash =
        forecast::hash((&plan, hold), people, manifests, subject.mapping, list, subject.sync);
    let baseline = census.known.map(|known| known.baseline);
    Ok(Outlook { plan, hash, hold, leavers, changes, baseline, doubt: doubt.map(warning) })
}

/// People who said no to another export, where that matters.
async fn said_no_elsewhere(
    app: &App,
    subject: &PlanSubject<'_>,
    plan: &Plan,
) -> Result<SaidNo, PlanFailure> {
    if !subject.sync.follows_segments() || plan.resubscribes() {
        return Ok(SaidNo::default());
    }
    other_exports::said_no(app, (subject.instance, Some(subject.export)), subject.list).await
}

/// Whose address changed. What is missing or damaged changes nobody's.
async fn changes(
    subject: &PlanSubject<'_>,
    rows: &Rows,
    census: &Census,
    others: &OtherExports<'_>,
) -> Result<AddressChanges, PlanFailure> {
    if !subject.sync.follows_segments() {
        return Ok(AddressChanges::default());
    }
    let narrow = Rows {
        storage: rows.storage.clone(),
        manifests: rows.manifests.clone(),
        plan: Arc::new(rows.plan.decisive()),
    };
    match Box::pin(address_changes::find(&narrow, census, others)).await {
        Err(PlanFailure::Damaged) => Ok(AddressChanges::default()),
        found => found,
    }
}

/// Who leaves, or why nobody does. `others` are the baselines of other exports to the list; `None` when it is unknown
/// whom one of them holds.
async fn leavers(
    app: &App,
    subject: &PlanSubject<'_>,
    (census, changes): (&Census, &AddressChanges),
    others: Option<&[Baseline]>,
    doubt: Option<&'static str>,
) -> Result<(LeaverSet, Option<&'static str>), PlanFailure> {
    let action = &subject.sync.leavers;
    if *action == Leavers::Keep {
        return Ok((LeaverSet::default(), None));
    }
    if doubt.is_some() {
        return Ok((LeaverSet::default(), doubt));
    }
    let Some(others) = others else { return Ok((LeaverSet::default(), Some(OTHERS_UNKNOWN))) };
    match leaver_set::find(&app.storage, census, changes, action, others).await {
        Ok(leavers) => Ok((leavers, None)),
        Err(baselines::Error::Damaged { .. }) => Ok((LeaverSet::default(), Some(LOST))),
        Err(baselines::Error::Storage(error)) => Err(PlanFailure::Storage(error)),
    }
}

async fn pace_and_last(
    tx: &mut ReadHandle,
    app: &App,
    subject: &PlanSubject<'_>,
) -> sqlx::Result<(CallPace, Option<ComparedWith>)> {
    let call_ms = store_batches::pace_ms(tx, subject.export).await?;
    let last = store_plans::last_complete(tx, subject.export, subject.run).await?;
    let call_ms = call_ms.unwrap_or(forecast::CALL_MS_ASSUMED);
    Ok((CallPace { call_ms, in_flight: app.config.work.uploads_in_flight }, last))
}

/// What is known of the members of the export.
enum Own {
    /// It has never sent anybody.
    Nothing,
    /// Its last run sent somebody of whom the baseline, if there is one, does not know.
    Behind(Option<Box<Baseline>>),
    Known(Box<Baseline>),
}

async fn own(tx: &mut ReadHandle, subject: &PlanSubject<'_>) -> sqlx::Result<Own> {
    let (export, list) = (subject.export, subject.list);
    let baseline = baselines::store::get(tx, export, list.as_str()).await?;
    let this = subject.run.unwrap_or(NO_RUN);
    let sender = store_sent::last_sending(tx, export, list.as_str(), this).await?;
    Ok(match baseline {
        Some(baseline) if baseline.is_trusted(sender, this) => Own::Known(Box::new(baseline)),
        None if sender.is_none() => Own::Nothing,
        baseline => Own::Behind(baseline.map(Box::new)),
    })
}

/// What is known of the list, read into memory.
#[derive(Default)]
struct Loaded {
    known: Option<BaselineIndex>,
    /// What is known of it before the last run, where it is not known what that one sent.
    before: Option<BaselineIndex>,
    /// Why nobody may leave it.
    doubt: Option<&'static str>,
}

async fn loaded(
    app: &App,
    own: Own,
    plan: &Plan,
    basis: Option<&Basis>,
) -> Result<Loaded, PlanFailure> {
    match own {
        Own::Nothing => Ok(Loaded::default()),
        Own::Behind(baseline) => {
            let before = match baseline {
                Some(baseline) => load(app, *baseline, plan, basis).await?,
                None => None,
            };
            Ok(Loaded { before, doubt: Some(BEHIND), ..Loaded::default() })
        }
        Own::Known(baseline) => {
            let known = load(app, *baseline, plan, basis).await?;
            let doubt = known.is_none().then_some(LOST);
            Ok(Loaded { known, doubt, ..Loaded::default() })
        }
    }
}

/// The members of a baseline; `None` where it is damaged.
async fn load(
    app: &App,
    baseline: Baseline,
    plan: &Plan,
    basis: Option<&Basis>,
) -> Result<Option<BaselineIndex>, PlanFailure> {
    if let Some(index) = basis.and_then(|basis| in_memory(basis, &baseline, plan)) {
        return Ok(Some(index));
    }
    match Index::load(&app.storage, &baseline, HashKind::Content).await {
        Ok(index) => {
            let index = Arc::new(index);
            let is_same_form = baseline.fingerprint == plan.fingerprint;
            let hasher = is_same_form.then(|| Hasher::new(baseline.seed, &plan.fingerprint));
            Ok(Some(BaselineIndex { baseline, index, hasher }))
        }
        Err(baselines::Error::Damaged { .. }) => Ok(None),
        Err(baselines::Error::Storage(error)) => Err(PlanFailure::Storage(error)),
    }
}

/// The members that a run has loaded already, if they are those of this version.
fn in_memory(basis: &Basis, baseline: &Baseline, plan: &Plan) -> Option<BaselineIndex> {
    let Marking { comparison, lookup, .. } = &basis.marking;
    let loaded = comparison.as_ref().or(lookup.as_ref())?;
    // What was damaged is empty in the basis, and no list without members.
    if basis.baseline.version != baseline.version || basis.baseline.layers != baseline.layers {
        return None;
    }
    let has_contents =
        loaded.hashes() == HashKind::Content && baseline.fingerprint == plan.fingerprint;
    let hasher = has_contents.then(|| Hasher::new(baseline.seed, &plan.fingerprint));
    Some(BaselineIndex { baseline: baseline.clone(), index: loaded.index(), hasher })
}

const BEHIND: &str = "It is not known for certain what the last run sent, so this run takes nobody off the list. It \
    records what the list has, and the next run takes off who has left.";
const LOST: &str = "What was known of the members on the list is missing or damaged, so this run takes nobody off the \
    list. It records what the list has, and the next run takes off who has left.";
const OTHERS_UNKNOWN: &str = "Another export sends to the same list, and it is not known for certain whom. So this run \
    takes nobody off the list. Run the other export once, then this one again.";

/// Says why nobody leaves the list.
#[must_use]
pub fn warning(message: &str) -> Warning {
    Warning { code: WarningCode::NobodyRemoved, message: message.to_owned() }
}
