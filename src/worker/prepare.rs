//! What must hold before the first upload of a run: the credential opens, the list and its fields are there,
//! the segments have the fields, and what is read is pinned.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sqlx::types::Json;

use super::came_back::find_back;
use super::checkpoint::checkpoint_in;
use super::emptied::{self, ListAsKnown};
use super::heartbeat::canceled;
use super::job::Job;
use super::recover::recover_leavers;
use super::stopped::{Stopped, refused};
use super::unchanged::unchanged;
use super::verify::counts;
use crate::app::App;
use crate::baselines;
use crate::campaign_monitor::{CustomField, List};
use crate::connections::session::AccountSession;
use crate::connections::{self, Connection, Unusable};
use crate::db;
use crate::erasures::{Tombstones, store_tombstones};
use crate::exports::{MappingFault, Warning, WarningCode, warnings};
use crate::records::basis::{Basis, BasisQuery, basis};
use crate::records::plan::Plan;
use crate::runs::{
    self, LeaseLost, Reason, ReasonCode, Run, RunSegment, RunStatus, Warnings, store_forget,
};
use crate::segments::{self, Segment, SegmentName, Unreadable};
use crate::storage::Manifest;
use crate::verifications::ListCounts;
use crate::verifications::store_counts::{self, Moment};

/// What the uploads of a run need.
pub struct Prepared {
    pub(super) session: Arc<AccountSession>,
    pub(super) plan: Arc<Plan>,
    /// The custom fields of the list.
    pub(super) fields: Arc<[CustomField]>,
    /// What the run reads, in the order of its segments.
    pub(super) manifests: Vec<Arc<Manifest>>,
    pub(super) warnings: Warnings,
    /// Whether the list asks new subscribers to confirm.
    pub(super) asks_to_confirm: bool,
    /// Whether the list has every row as it is; known once the run is planned.
    pub(super) is_settled: bool,
}

/// Prepares a run, or returns why it stops here. It may be dropped at any point: nothing is sent.
pub async fn prepare(job: &mut Job) -> Result<Prepared, Stopped> {
    let app = job.app.clone();
    let segments = segments_of(&app, job).await?;
    let connection = connection_of(&app, &job.run).await?;
    let session = Arc::new(open_session(&app, &connection)?);
    let planned = Box::pin(plan(&job.run, &session));
    let (planned, counted) = futures::join!(planned, Box::pin(count_before(job, &session)));
    let (plan, list, fields) = planned?;
    let plan = keep_to_tombstones(job, plan).await?;
    recover_leavers(job).await?;
    let segments = current(&app, job, segments).await?;
    let known = counted.as_ref();
    let found = Box::pin(unchanged(job, &session, &plan, known, &segments)).await?;
    let (basis, few) = match found {
        Some(found) => (found, None),
        None => Box::pin(compared(job, &session, &plan, known)).await?,
    };
    job.run.full_because = job.run.full_because.or(basis.full_because);
    job.basis = Some(basis);
    let mut items = warnings::of_list(&list);
    items.extend(warnings::of_choices(&job.run.mapping, plan.resubscribes(), None));
    items.extend(warnings::of_sync(&job.run.sync));
    items.extend(warnings::everywhere(&list, &job.run.sync));
    // What an attempt before has found out stays true.
    let is_lasting = |one: &&Warning| match one.code {
        WarningCode::AddedByFlag | WarningCode::RowLogIncomplete => true,
        WarningCode::FewOnList => counted.is_none(),
        _ => false,
    };
    items.extend(job.run.warnings.0.items.iter().filter(is_lasting).cloned());
    items.extend(few);
    let (warnings, asks_to_confirm) = (Warnings { items }, list.confirmed_opt_in);
    let manifests = pin(&app, job, segments, (&warnings, counted)).await?;
    let is_settled = false;
    Ok(Prepared { session, plan, fields, manifests, warnings, asks_to_confirm, is_settled })
}

/// The plan without people who were erased. Before the run names the generation that it keeps to, it sends nobody: so
/// an erasure knows when no run sends its people any more.
async fn keep_to_tombstones(job: &mut Job, plan: Arc<Plan>) -> Result<Arc<Plan>, Stopped> {
    let known = tombstones(&job.app, &job.run).await?;
    job.tombstones.store(known.generation, Ordering::Relaxed);
    if known.generation > 0 {
        let _writing = job.writes.clone().lock_owned().await;
        let mut tx = job.app.db.write().await?;
        if !store_forget::see_tombstones(&mut tx, job.lease, known.generation).await? {
            return Err(Stopped::LeaseLost(LeaseLost));
        }
        tx.commit().await?;
    }
    Ok(without_erased(plan, known))
}

/// Who was erased in the instance of a run.
async fn tombstones(app: &App, run: &Run) -> Result<Tombstones, Stopped> {
    let mut db = app.db.read().await?;
    let known = store_tombstones::load(&mut db, &app.keys, run.instance_id, db::now()).await;
    known.map_err(Stopped::Fault)
}

fn without_erased(plan: Arc<Plan>, known: Tombstones) -> Arc<Plan> {
    if known.set.is_some() { Arc::new(plan.with_tombstones(known.set)) } else { plan }
}

/// The plan without people who are erased by now, for what reads the members of a run again and sends nobody.
pub(super) async fn naming_nobody_erased(
    app: &App,
    run: &Run,
    plan: Arc<Plan>,
) -> Result<Arc<Plan>, Stopped> {
    Ok(without_erased(plan, tombstones(app, run).await?))
}

/// What is known of the members, with those who came back since, and what is to be said of the list.
async fn compared(
    job: &Job,
    session: &AccountSession,
    plan: &Arc<Plan>,
    counted: Option<&ListCounts>,
) -> Result<(Basis, Option<Warning>), Stopped> {
    let (mut basis, few) = basis_before(job, counted, plan).await?;
    Box::pin(find_back(session, job.run.list_id.as_str(), &mut basis)).await;
    Ok((basis, few))
}

/// What is known of the members, and what is to be said of the list as it is before anything is sent.
async fn basis_before(
    job: &Job,
    counted: Option<&ListCounts>,
    plan: &Arc<Plan>,
) -> Result<(Basis, Option<Warning>), Stopped> {
    let query = BasisQuery::of(&job.run);
    let known = basis(&job.app, &query, plan.clone()).await?;
    match emptied::list_as_known(&known, counted.map(|counted| &counted.all)) {
        ListAsKnown::Yes => Ok((known, None)),
        ListAsKnown::Few(warning) => Ok((known, Some(warning))),
        ListAsKnown::Emptied => {
            let _writing = job.writes.clone().lock_owned().await;
            let mut tx = job.app.db.write().await?;
            baselines::store::note_emptied(&mut tx, query.list.as_str()).await?;
            tx.commit().await?;
            Ok((basis(&job.app, &query, plan.clone()).await?, None))
        }
    }
}

/// The people on the list before anything is sent; later attempts find some that the run has sent.
async fn count_before(job: &Job, session: &AccountSession) -> Option<ListCounts> {
    let may_have_sent = job.doubt_until > 0 || job.run.position > 0;
    if may_have_sent { None } else { counts::before(session, job.run.list_id.as_str()).await }
}

/// How the rows of a run become records of its list, which is asked for its fields.
pub(super) async fn plan(
    run: &Run,
    session: &AccountSession,
) -> Result<(Arc<Plan>, List, Arc<[CustomField]>), Stopped> {
    let list = run.list_id.as_str();
    let found = Box::pin(session.list_and_fields(list));
    let (list, fields) = found.await.map_err(|error| refused(&error, list))?;
    let plan = plan_for(run, &fields).map_err(|key| {
        let is_sending = run.position > 0 || run.sent_until > 0;
        let code = if is_sending {
            ReasonCode::CustomFieldRemoved
        } else {
            ReasonCode::CustomFieldNotFound
        };
        Stopped::because(Reason::new(code, format!("“{key}”")).with("key", key))
    })?;
    Ok((Arc::new(plan), list, fields.into()))
}

/// The same for a list with these fields. The error names one that is missing.
pub(super) fn plan_for(run: &Run, fields: &[CustomField]) -> Result<Plan, String> {
    let resubscribe = run.sync.resubscribes(run.options.0);
    Plan::new(&run.mapping.flagged(&run.sync.leavers), resubscribe, fields)
}

/// The basis of a run that ends before this attempt has prepared it.
pub(super) async fn basis_at_end(job: &Job) -> Result<Basis, Stopped> {
    let connection = connection_of(&job.app, &job.run).await?;
    let session = open_session(&job.app, &connection)?;
    let (plan, ..) = plan(&job.run, &session).await?;
    let plan = naming_nobody_erased(&job.app, &job.run, plan).await?;
    Ok(basis(&job.app, &BasisQuery::of(&job.run), plan).await?)
}

/// The segments of the run as they are now; one that is gone counts only when the run has not pinned it.
async fn segments_of(
    app: &App,
    job: &mut Job,
) -> Result<Vec<(RunSegment, Option<Segment>)>, Stopped> {
    let mut tx = app.db.read().await?;
    let mut found = Vec::new();
    for chosen in runs::store::segments(&mut tx, job.run.id).await? {
        let segment = segments::store::get_by_id(&mut tx, chosen.segment_id).await?;
        let has_members = segment.as_ref().is_some_and(|segment| segment.manifest.is_some());
        if !has_members && chosen.manifest.is_none() {
            let name = chosen.name.as_str();
            return Err(Stopped::because(Reason::of_segment(
                ReasonCode::SegmentNotFound,
                Some(name),
                "",
            )));
        }
        found.push((chosen, segment));
    }
    job.segments = found.iter().map(|(chosen, _)| chosen.name.clone()).collect();
    Ok(found)
}

pub(super) async fn connection_of(app: &App, run: &Run) -> Result<Connection, Stopped> {
    let mut tx = app.db.read().await?;
    let connection = match run.connection_id {
        Some(id) => connections::store::get(&mut tx, run.instance_id, id).await?,
        None => None,
    };
    let connection = connection.ok_or_else(|| {
        let removed = Reason::new(ReasonCode::ConnectionNotConnected, "was removed");
        Stopped::because(removed.with("why", "removed"))
    })?;
    match connection.unusable() {
        None => Ok(connection),
        Some(why) => Err(Stopped::Ended(RunStatus::Failed, why.into())),
    }
}

pub(super) fn open_session(app: &App, connection: &Connection) -> Result<AccountSession, Stopped> {
    let session = AccountSession::open(app, &app.runs_client, connection)?;
    session.ok_or_else(|| Stopped::because(Unusable::NoCredentials.into()))
}

/// What the run is to read: at its first attempt what is there now, later what was pinned then.
async fn current(
    app: &App,
    job: &Job,
    segments: Vec<(RunSegment, Option<Segment>)>,
) -> Result<Vec<RunSegment>, Stopped> {
    let mut found = Vec::with_capacity(segments.len());
    for (mut chosen, segment) in segments {
        if let Some(segment) = segment.filter(|_| chosen.manifest.is_none()) {
            let current = Box::pin(segments::current(app, &segment)).await;
            let current = current.map_err(|error| not_pinned(error, &chosen.name))?;
            check_fields(job, &current)?;
            let manifest = current.manifest();
            chosen.members_by = Some(current.members_by().to_owned());
            chosen.member_count = i64::try_from(manifest.rows()).unwrap_or(i64::MAX);
            chosen.refreshed_utc = current.refreshed_utc;
            chosen.manifest = Some(Json(manifest));
        }
        found.push(chosen);
    }
    Ok(found)
}

/// Pins what the run reads.
async fn pin(
    app: &App,
    job: &mut Job,
    pinned: Vec<RunSegment>,
    (warnings, counted): (&Warnings, Option<ListCounts>),
) -> Result<Vec<Arc<Manifest>>, Stopped> {
    job.run.counts.selected = pinned.iter().map(|segment| segment.member_count).sum();
    let _writing = job.writes.clone().lock_owned().await;
    let mut tx = app.db.write().await?;
    if !runs::store_work::pin(&mut tx, &job.run, job.lease, &pinned, warnings).await? {
        return Err(Stopped::LeaseLost(LeaseLost));
    }
    if let Some(counted) = counted {
        store_counts::put(&mut tx, job.run.id, Moment::Before, &counted).await?;
    }
    if let Err(too_many) = check_limit(app, job) {
        tx.commit().await?;
        return Err(too_many);
    }
    // Whatever may be sent from here on is in doubt if this process dies.
    if checkpoint_in(tx, job, vec![]).await? {
        return Err(canceled(app, job.run.id).await);
    }
    Ok(pinned
        .into_iter()
        .filter_map(|segment| segment.manifest)
        .map(|manifest| Arc::new(manifest.0))
        .collect())
}

/// The data that is read decides which fields there are, not what was known of it before.
fn check_fields(job: &Job, segment: &Segment) -> Result<(), Stopped> {
    let mapping = &job.run.mapping;
    if let Some(missing) = mapping.missing_from([segment]).into_iter().next() {
        return Err(mapping_fault(ReasonCode::FieldNotFound, &missing));
    }
    match mapping.needless_formats([segment]).into_iter().next() {
        Some(needless) => Err(mapping_fault(ReasonCode::NeedlessFormat, &needless)),
        None => Ok(()),
    }
}

fn mapping_fault(code: ReasonCode, fault: &MappingFault) -> Stopped {
    Stopped::because(Reason::new(code, &fault.why).with_all(fault.params()))
}

/// What changed before it was pinned is read later: the program that writes it has not finished yet.
fn not_pinned(error: Unreadable, segment: &SegmentName) -> Stopped {
    let error = match error {
        Unreadable::Database(error) => return error.into(),
        Unreadable::Storage(error) => error,
    };
    match Stopped::unreadable(&error, Some(segment)) {
        Stopped::Ended(_, reason) if reason.code == ReasonCode::SegmentChanged => {
            Stopped::Later(reason, None)
        }
        stopped => stopped,
    }
}

fn check_limit(app: &App, job: &Job) -> Result<(), Stopped> {
    let (selected, most) = (job.run.counts.selected, app.config.limits.max_profiles_per_export);
    if selected <= most {
        return Ok(());
    }
    let detail = warnings::too_many(selected, most);
    let reason = Reason::new(ReasonCode::ProfileLimitExceeded, detail);
    let reason = reason.with("selected", selected).with("max", most);
    Err(Stopped::Ended(RunStatus::Skipped, reason))
}
