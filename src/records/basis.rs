//! What the members of an export are compared with, and why more than changes is sent where it is.
//!
//! A baseline can be trusted only when the last run that sent anything to the list has stored it: else somebody may
//! count as unchanged of whom the list has another record.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::comparison::Comparison;
use super::hasher::Hasher;
use super::marking::Marking;
use super::other_exports;
use super::plan::Plan;
use super::readmitted::Readmissions;
use crate::app::App;
use crate::baselines::{self, Baseline, HashKind, Index, OffListPeople, SettledPlan};
use crate::db;
use crate::exports::{ListId, ListSync, Resubscribe, SendMode};
use crate::names::{ExportId, RunId};
use crate::runs::{FullBecause, Run, store_sent};
use crate::storage;

/// Whose baseline it is, and what for.
pub struct BasisQuery<'a> {
    pub instance: Uuid,
    pub export: ExportId,
    pub list: &'a ListId,
    pub sync: &'a ListSync,
    /// Whether every member is to be sent, whatever has changed.
    pub is_full: bool,
    /// The run that sends; nil for a preview.
    pub run: RunId,
}

impl<'a> BasisQuery<'a> {
    /// The baseline of the export and the list of a run.
    pub fn of(run: &'a Run) -> Self {
        Self {
            instance: run.instance_id,
            export: run.export_id,
            list: &run.list_id,
            sync: &run.sync,
            is_full: run.full_because == Some(FullBecause::Requested),
            run: run.id,
        }
    }

    fn is_comparing(&self) -> bool {
        self.sync.send == SendMode::Changes
    }
}

/// Why nothing can be said about the members.
#[derive(Debug, thiserror::Error)]
pub enum BasisError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Storage(storage::Error),
}

/// What is needed to tell changes, and to keep what is acknowledged.
pub struct Basis {
    pub plan: Arc<Plan>,
    /// As it is stored, or new. The next one is made of it.
    pub baseline: Baseline,
    pub marking: Marking,
    pub full_because: Option<FullBecause>,
    /// Whether the baseline may lack people whom a later run has sent.
    pub is_behind: bool,
    /// What the last run found that had nothing to do, where nothing has changed since: then no member is loaded, and
    /// nothing is sent.
    pub settled: Option<SettledPlan>,
}

/// Reads the baseline for records of this plan; loads its members where changes are sent.
pub async fn basis(app: &App, of: &BasisQuery<'_>, plan: Arc<Plan>) -> Result<Basis, BasisError> {
    let mut found = compared(app, of, plan).await?;
    let returns = of.sync.resubscribe == Resubscribe::OurRemovals;
    if returns || of.sync.follows_segments() {
        let (people, are_all) = removed_elsewhere(app, of).await?;
        (found.marking.elsewhere, found.marking.knows_elsewhere) = (people.into(), are_all);
    }
    if found.plan.resubscribes() && found.baseline.version > 0 {
        found = found.with_readmitted(app).await?;
    }
    if returns && !of.run.0.is_nil() {
        found.marking.here = removed(app, &found.baseline).await?.map(Arc::new);
    }
    if found.is_comparing() || found.baseline.version == 0 {
        return Ok(found);
    }
    if of.sync.asks_who_is_known() {
        return found.with_lookup(app).await;
    }
    found.with_held_back(app).await
}

/// Whom the other exports to the list have taken off it, and whether these are all. One whose baseline is damaged has
/// nobody to bring back.
async fn removed_elsewhere(
    app: &App,
    of: &BasisQuery<'_>,
) -> Result<(Vec<OffListPeople>, bool), BasisError> {
    let mut tx = app.db.read().await?;
    let mut are_all = other_exports::baselines(&mut tx, of.export, of.list).await?.is_some();
    let baselines = baselines::store::of_list(&mut tx, of.list.as_str()).await?;
    drop(tx);
    let mut all = Vec::new();
    for baseline in baselines.iter().filter(|baseline| baseline.export_id != of.export) {
        let removed = removed(app, baseline).await?;
        are_all &= removed.is_some();
        all.extend(removed);
    }
    Ok((all, are_all))
}

/// Whom an export has taken off its list; `None` where its baseline is damaged.
async fn removed(app: &App, baseline: &Baseline) -> Result<Option<OffListPeople>, BasisError> {
    match OffListPeople::removed(&app.storage, baseline).await {
        Ok(people) => Ok(Some(people)),
        Err(error @ baselines::Error::Damaged { .. }) => {
            tracing::warn!(%error, "whom an export has removed is not known");
            Ok(None)
        }
        Err(baselines::Error::Storage(error)) => Err(BasisError::Storage(error)),
    }
}

async fn compared(app: &App, of: &BasisQuery<'_>, plan: Arc<Plan>) -> Result<Basis, BasisError> {
    let mut db = app.db.read().await?;
    let stored = baselines::store::get(&mut db, of.export, of.list.as_str()).await?;
    let last = store_sent::last_sending(&mut db, of.export, of.list.as_str(), of.run).await?;
    drop(db);
    let Some(stored) = stored else {
        let (instance, export) = (of.instance, of.export);
        let new =
            Baseline::new(instance, export, of.list.as_str(), &plan.fingerprint, of.run, db::now());
        return Ok(Basis::full(of, plan, new, FullBecause::FirstRun));
    };
    // A run that waited for a person has kept what it had sent.
    let is_behind = !stored.is_trusted(last, of.run);
    let because = if stored.list_emptied {
        Some(FullBecause::ListEmptied)
    } else if of.is_full || !of.is_comparing() {
        Some(FullBecause::Requested)
    } else {
        is_behind.then_some(FullBecause::BaselineBehind)
    };
    let basis = match because {
        Some(because) => Basis::full(of, plan, stored, because),
        None => Basis::compared(app, of, plan, stored).await?,
    };
    Ok(Basis { is_behind, ..basis })
}

/// The keys of members who may come back since the list refused them.
async fn may_return(app: &App, baseline: &Baseline) -> Result<HashSet<u64>, BasisError> {
    let (instance, export) = (baseline.instance_id, baseline.export_id);
    let readmissions = Readmissions::load(app, instance, export).await?;
    match readmissions.keys(&app.storage, baseline).await {
        Err(baselines::Error::Storage(error)) => Err(BasisError::Storage(error)),
        found => Ok(found.unwrap_or_default()),
    }
}

impl Basis {
    /// The same, with those who may be sent again although they said no.
    async fn with_readmitted(mut self, app: &App) -> Result<Self, BasisError> {
        let readmitted = Arc::new(may_return(app, &self.baseline).await?);
        if let Some(comparison) = &self.marking.comparison {
            let comparison = comparison.with_readmitted(readmitted.clone());
            self.marking.comparison = Some(Arc::new(comparison));
        }
        self.marking.readmitted = readmitted;
        Ok(self)
    }

    /// The same, with what tells who is known. Without it somebody who is new counts as put there by somebody unknown.
    async fn with_lookup(mut self, app: &App) -> Result<Self, BasisError> {
        let baseline = self.baseline.clone();
        match Index::load(&app.storage, &baseline, HashKind::Content).await {
            Ok(index) => {
                let lookup = Comparison::new(baseline, Arc::new(index), HashKind::Content, false);
                let lookup = if self.is_behind { lookup.behind() } else { lookup };
                self.marking.lookup = Some(Arc::new(lookup));
                Ok(self)
            }
            Err(baselines::Error::Damaged { .. }) => Ok(self),
            Err(baselines::Error::Storage(error)) => Err(BasisError::Storage(error)),
        }
    }

    /// The same, with those who said no under another address: they are not sent, whatever else the run sends.
    async fn with_held_back(mut self, app: &App) -> Result<Self, BasisError> {
        match OffListPeople::held_back(&app.storage, &self.baseline).await {
            Ok(people) => self.marking.held_back = Some(Arc::new(people)),
            Err(baselines::Error::Damaged { .. }) => {}
            Err(baselines::Error::Storage(error)) => return Err(BasisError::Storage(error)),
        }
        Ok(self)
    }

    /// Whether unchanged members are left out.
    pub const fn is_comparing(&self) -> bool {
        self.marking.comparison.is_some() || self.settled.is_some()
    }

    /// Of a run that finds what one found that had nothing to do.
    #[must_use]
    pub fn settled(plan: Arc<Plan>, baseline: Baseline, run: RunId, found: SettledPlan) -> Self {
        let hasher = Hasher::new(baseline.seed, &plan.fingerprint);
        let marking = Marking { hasher, run, ..Marking::none() };
        let (full_because, is_behind, settled) = (None, false, Some(found));
        Self { plan, baseline, marking, full_because, is_behind, settled }
    }

    /// Every member is sent; why, where changes only should be.
    fn full(
        of: &BasisQuery<'_>,
        plan: Arc<Plan>,
        baseline: Baseline,
        because: FullBecause,
    ) -> Self {
        let hasher = Hasher::new(baseline.seed, &plan.fingerprint);
        let marking = Marking {
            hasher,
            comparison: None,
            lookup: None,
            elsewhere: Arc::default(),
            knows_elsewhere: false,
            held_back: None,
            here: None,
            readmitted: Arc::default(),
            is_emptied: baseline.list_emptied,
            run: of.run,
        };
        let full_because = of.is_comparing().then_some(because);
        Self { plan, baseline, marking, full_because, is_behind: false, settled: None }
    }

    async fn compared(
        app: &App,
        of: &BasisQuery<'_>,
        plan: Arc<Plan>,
        baseline: Baseline,
    ) -> Result<Self, BasisError> {
        let is_same = baseline.fingerprint == plan.fingerprint;
        let kind = if is_same { HashKind::Content } else { HashKind::Record };
        let index = match Index::load(&app.storage, &baseline, kind).await {
            Ok(index) => Arc::new(index),
            Err(baselines::Error::Damaged { .. }) => {
                let empty = baseline.without_members();
                return Ok(Self::full(of, plan, empty, FullBecause::BaselineLost));
            }
            Err(baselines::Error::Storage(error)) => return Err(BasisError::Storage(error)),
        };
        let resends_refused = !is_same && plan.resubscribes();
        let hasher = Hasher::new(baseline.seed, &plan.fingerprint);
        let comparison = Comparison::new(baseline.clone(), index, kind, resends_refused);
        let comparison = Some(Arc::new(comparison));
        let marking = Marking {
            hasher,
            comparison,
            lookup: None,
            elsewhere: Arc::default(),
            knows_elsewhere: false,
            held_back: None,
            here: None,
            readmitted: Arc::default(),
            is_emptied: false,
            run: of.run,
        };
        let full_because = (!is_same).then_some(FullBecause::MappingChanged);
        Ok(Self { plan, baseline, marking, full_because, is_behind: false, settled: None })
    }

    /// The same of a run whose list cannot be asked for its fields. Only a run that compares what was read can do
    /// without: `None` for others.
    pub async fn without_list(app: &App, run: &Run) -> Result<Option<Self>, BasisError> {
        let of = BasisQuery::of(run);
        if !of.is_comparing() || run.full_because.is_some() {
            return Ok(None);
        }
        let mut db = app.db.read().await?;
        let stored = baselines::store::get(&mut db, of.export, of.list.as_str()).await?;
        drop(db);
        let Some(stored) = stored else { return Ok(None) };
        let mut plan = Plan::without_list(&run.mapping);
        plan.fingerprint.clone_from(&stored.fingerprint);
        let mut found = Self::compared(app, &of, Arc::new(plan), stored).await?;
        if found.plan.resubscribes() {
            found = found.with_readmitted(app).await?;
        }
        Ok(Some(found).filter(Self::is_comparing))
    }
}
