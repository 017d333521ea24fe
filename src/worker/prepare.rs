//! What must hold before the first upload of a run: the credential opens, the list and its fields are there,
//! the segments have the fields, and what is read is pinned.

use std::sync::Arc;

use sqlx::types::Json;

use super::came_back::find_back;
use super::checkpoint::checkpoint_in;
use super::emptied::{self, ListAsKnown};
use super::heartbeat::canceled;
use super::job::Job;
use super::recover::recover_leavers;
use super::stopped::{Stopped, refused};
use super::verify::counts;
use crate::app::App;
use crate::baselines;
use crate::campaign_monitor::{CustomField, List};
use crate::connections::session::AccountSession;
use crate::connections::{self, Connection};
use crate::exports::{Warning, WarningCode, warnings};
use crate::records::basis::{Basis, BasisQuery, basis};
use crate::records::plan::Plan;
use crate::runs::{self, LeaseLost, Reason, ReasonCode, Run, RunSegment, RunStatus, Warnings};
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
    recover_leavers(job).await?;
    let (mut basis, few) = basis_before(job, counted.as_ref(), &plan).await?;
    Box::pin(find_back(&session, job.run.list_id.as_str(), &mut basis)).await;
    job.run.full_because = job.run.full_because.or(basis.full_because);
    job.basis = Some(basis);
    let mut items = warnings::of_list(&list);
    items.extend(warnings::of_choices(&job.run.mapping, plan.resubscribes(), None));
    items.extend(warnings::of_sync(&job.run.sync));
    items.extend(warnings::everywhere(&list, &job.run.sync));
    // What an attempt before has found out stays true.
    let is_lasting = |one: &&Warning| match one.code {
        WarningCode::AddedByFlag => true,
        WarningCode::FewOnList => counted.is_none(),
        _ => false,
    };
    items.extend(job.run.warnings.0.items.iter().filter(is_lasting).cloned());
    items.extend(few);
    let (warnings, asks_to_confirm) = (Warnings { items }, list.confirmed_opt_in);
    let manifests = pin(&app, job, segments, (&warnings, counted)).await?;
    Ok(Prepared { session, plan, fields, manifests, warnings, asks_to_confirm })
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
    let resubscribe = run.sync.resubscribes(run.options.0);
    let mapping = run.mapping.flagged(&run.sync.leavers);
    let plan = Plan::new(&mapping, resubscribe, &fields)
        .map_err(|key| Stopped::failed(ReasonCode::CustomFieldNotFound, format!("“{key}”")))?;
    Ok((Arc::new(plan), list, fields.into()))
}

/// The basis of a run that ends before this attempt has prepared it.
pub(super) async fn basis_at_end(job: &Job) -> Result<Basis, Stopped> {
    let connection = connection_of(&job.app, &job.run).await?;
    let session = open_session(&job.app, &connection)?;
    let (plan, ..) = plan(&job.run, &session).await?;
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
            return Err(Stopped::failed(
                ReasonCode::SegmentNotFound,
                format!("“{}”", chosen.name.as_str()),
            ));
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
    let connection = connection
        .ok_or_else(|| Stopped::failed(ReasonCode::ConnectionNotConnected, "was removed"))?;
    match connection.unusable() {
        None => Ok(connection),
        Some(why) => Err(Stopped::Ended(RunStatus::Failed, why.into())),
    }
}

pub(super) fn open_session(app: &App, connection: &Connection) -> Result<AccountSession, Stopped> {
    let session = AccountSession::open(app, &app.runs_client, connection)?;
    session.ok_or_else(|| Stopped::failed(ReasonCode::ConnectionNotConnected, "has no credentials"))
}

/// Pins what the run reads: at its first attempt what is there now, later what was pinned then.
async fn pin(
    app: &App,
    job: &mut Job,
    segments: Vec<(RunSegment, Option<Segment>)>,
    (warnings, counted): (&Warnings, Option<ListCounts>),
) -> Result<Vec<Arc<Manifest>>, Stopped> {
    let mut pinned = Vec::with_capacity(segments.len());
    for (mut chosen, segment) in segments {
        if let Some(segment) = segment.filter(|_| chosen.manifest.is_none()) {
            let current = Box::pin(segments::current(app, &segment)).await;
            let current = current.map_err(|error| not_pinned(error, &chosen.name))?;
            check_fields(job, &current)?;
            let manifest = current.manifest();
            chosen.members_by = Some(current.members_by().to_owned());
            chosen.member_count = i64::try_from(manifest.rows()).unwrap_or(i64::MAX);
            chosen.manifest = Some(Json(manifest));
        }
        pinned.push(chosen);
    }
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
        return Err(Stopped::failed(ReasonCode::FieldNotFound, missing.why));
    }
    match mapping.needless_formats([segment]).into_iter().next() {
        Some(needless) => Err(Stopped::failed(ReasonCode::NeedlessFormat, needless.why)),
        None => Ok(()),
    }
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
    Err(Stopped::Ended(RunStatus::Skipped, Reason::new(ReasonCode::ProfileLimitExceeded, detail)))
}
