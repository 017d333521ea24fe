//! What a run would do, before it does it: for the run itself, and for a preview.

use std::sync::Arc;

use super::address_changes::{self, AddressChanges};
use super::basis::Basis;
use super::census::{self, BaselineIndex, Census, Rows};
use super::doubt::{BEHIND, Doubt, LOST, OTHERS_UNKNOWN};
use super::forecast::{self, CallPace, Intent};
use super::hasher::Hasher;
use super::leaver_set::{self, LeaverSet};
use super::marking::Marking;
use super::other_exports::{self, NO_RUN, OtherExports};
use super::plan::Plan;
use super::plan_failure::PlanFailure;
use super::plan_subject::PlanSubject;
use super::readmitted::Readmissions;
use crate::app::App;
use crate::baselines::{self, Baseline, HashKind, Index, SaidNo, SettledPlan};
use crate::db::ReadHandle;
use crate::exports::{Leavers, Warning};
use crate::runs::{ComparedWith, RunPlan, store_batches, store_plans, store_sent};
use crate::steps::Hold;
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
    is_settled: bool,
    settled: Option<SettledPlan>,
}

/// What was found out before a run.
#[derive(Default)]
pub struct Forecast {
    /// `None` where a run needs no plan.
    pub outlook: Option<Outlook>,
    /// Whether the list has every row as it is, so that there is nothing to send.
    pub is_settled: bool,
    /// The same where there is nothing to do about people who left either, and nothing to say.
    pub settled: Option<SettledPlan>,
}

/// The plan of a run that needs one. A run that only sends changes needs one when addresses changed.
pub async fn compute_where_needed(
    app: &App,
    subject: &PlanSubject<'_>,
    plan: Arc<Plan>,
    manifests: &[Arc<Manifest>],
) -> Result<Forecast, PlanFailure> {
    let is_needed = forecast::needs_plan(subject.sync);
    let settled = subject.basis.and_then(|basis| Some((basis, basis.settled?)));
    let outlook = if let Some((basis, found)) = settled {
        repeated(app, subject, manifests, (basis, found)).await?
    } else {
        let said_no = said_no_elsewhere(app, subject, &plan).await?;
        let is_known = subject.basis.is_some_and(|basis| basis.marking.known().is_some());
        let is_nobody_known = !is_known && said_no.is_empty();
        if !is_needed && (is_nobody_known || !subject.sync.follows_segments()) {
            return Ok(Forecast::default());
        }
        Box::pin(compute(app, subject, plan, manifests, &said_no)).await?
    };
    let (is_settled, settled) = (outlook.is_settled, outlook.settled);
    let outlook = (is_needed || !outlook.changes.is_empty()).then_some(outlook);
    Ok(Forecast { outlook, is_settled, settled })
}

/// The plan of a run that finds what one found that had nothing to do.
async fn repeated(
    app: &App,
    subject: &PlanSubject<'_>,
    manifests: &[Arc<Manifest>],
    (basis, found): (&Basis, SettledPlan),
) -> sqlx::Result<Outlook> {
    let last = pace_and_last(&mut app.db.read().await?, app, subject).await?;
    let leavers = LeaverSet::of_kept(found.kept, &subject.sync.leavers);
    let people = (Census::of_unchanged(found.rows), AddressChanges::default(), leavers);
    let outlook = outlook(subject, manifests, last, people, None);
    Ok(Outlook { baseline: Some(basis.baseline.clone()), settled: Some(found), ..outlook })
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
    let last = pace_and_last(&mut tx, app, subject).await?;
    let (own, others) = (
        own(&mut tx, subject).await?,
        other_exports::baselines(&mut tx, subject.export, subject.list).await?,
    );
    drop(tx);
    let Loaded { known, before, doubt } = loaded(app, own, &plan, subject.basis).await?;
    let rows = Rows { storage: app.storage.clone(), manifests: manifests.to_vec(), plan };
    let keeps_ids = !said_no.is_empty();
    let marking = subject.basis.map(|basis| &basis.marking);
    let census = census::take(&rows, (known, before), marking, keeps_ids).await;
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
    Ok(outlook(subject, manifests, last, (census, changes, leavers), doubt))
}

/// The plan for what was found of the rows, of newcomers, and of people who left.
fn outlook(
    subject: &PlanSubject<'_>,
    manifests: &[Arc<Manifest>],
    (pace, compared_with): (CallPace, Option<ComparedWith>),
    (census, changes, leavers): (Census, AddressChanges, LeaverSet),
    doubt: Option<Doubt>,
) -> Outlook {
    let sends_all = subject.basis.is_none_or(|basis| !basis.is_comparing());
    let is_emptied = subject.basis.is_some_and(|basis| basis.baseline.list_emptied);
    let intent = Intent { sync: subject.sync, sends_all, is_emptied, pace, compared_with };
    let plan = forecast::plan(&census, &changes, &leavers, &intent);
    let list = subject.list.as_str();
    let people = (&changes, &leavers);
    let hold = forecast::hold(&plan, &census, subject.sync);
    let hash =
        forecast::hash((&plan, hold), people, manifests, subject.mapping, list, subject.sync);
    let is_settled = census.is_settled();
    let is_idle = is_settled && hold == Hold::Nothing && doubt.is_none() && plan.does_nothing();
    let settled = if is_idle { settled(&census, people) } else { None };
    let (baseline, doubt) = (census.known.map(|known| known.baseline), doubt.map(Doubt::warning));
    Outlook { plan, hash, hold, leavers, changes, baseline, doubt, is_settled, settled }
}

/// What is kept of a plan by which nothing is done. `None` where something is recorded all the same.
fn settled(
    census: &Census,
    (changes, leavers): (&AddressChanges, &LeaverSet),
) -> Option<SettledPlan> {
    let comparison = census.known.as_ref()?.comparison.as_ref()?;
    let is_idle = changes.is_empty() && leavers.act.is_empty() && leavers.let_go.is_empty();
    is_idle.then(|| SettledPlan {
        rows: census.rows,
        on_list: comparison.on_list(),
        has_refused: comparison.has_refused(),
        kept: leavers.kept(),
    })
}

/// People who said no to another export, where that matters. An export that brings people back keeps to what they
/// wished themselves, also at its own old addresses, unless the new one was readmitted.
async fn said_no_elsewhere(
    app: &App,
    subject: &PlanSubject<'_>,
    plan: &Plan,
) -> Result<SaidNo, PlanFailure> {
    let (instance, list) = (subject.instance, subject.list);
    if !subject.sync.follows_segments() {
        return Ok(SaidNo::default());
    }
    if !plan.resubscribes() {
        let but = Some(subject.export);
        return other_exports::said_no(app, (instance, but), list, SaidNo::default()).await;
    }
    let wishes = Readmissions::load(app, instance, subject.export).await?.into_said_no();
    other_exports::said_no(app, (instance, None), list, wishes).await
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
    doubt: Option<Doubt>,
) -> Result<(LeaverSet, Option<Doubt>), PlanFailure> {
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
    doubt: Option<Doubt>,
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
            Ok(Some(BaselineIndex { baseline, index, hasher, comparison: None }))
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
    let comparison = comparison.clone().filter(|_| has_contents);
    Some(BaselineIndex { baseline: baseline.clone(), index: loaded.index(), hasher, comparison })
}
