//! Looks a person up in every export of an instance.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::{StreamExt, stream};
use uuid::Uuid;

use super::person::Person;
use super::store::{self, PersonProblem, PersonRejection};
use crate::app::App;
use crate::baselines::{self, Baseline, FoundMember, find_addresses, find_customer};
use crate::db::Time;
use crate::exports::{self, Export};
use crate::names::{ExportId, RunId};
use crate::runs::Run;
use crate::storage::Storage;

/// Baselines that are read side by side: each reads a few megabytes at most, unless it has no filters.
const READS_AT_ONCE: usize = 8;

/// What a baseline has of the person.
#[derive(Debug)]
pub enum KnownMembers {
    /// No run has ended yet, so that nothing is known of anybody.
    NoBaseline,
    /// None of them when it does not know the person.
    Found { members: Vec<FoundMember>, is_scanned: bool },
    /// What was known is missing or damaged, or the storage is unavailable.
    Unreadable,
}

/// What is known of the person at one list of one export.
#[derive(Debug)]
pub struct KnownAtList {
    pub export_id: ExportId,
    /// Its name, or that which it had when the person was rejected.
    pub export_name: String,
    /// `None` of one that was removed.
    pub export: Option<Export>,
    pub list_id: String,
    pub members: KnownMembers,
    /// The run that the baseline knows of last.
    pub baseline_run: Option<RunId>,
    /// Newest first.
    pub rejections: Vec<PersonRejection>,
    /// Of the newest run first.
    pub problems: Vec<PersonProblem>,
    /// The last run that began and has ended.
    pub last_run: Option<Run>,
    pub open_run: Option<RunId>,
}

impl KnownAtList {
    /// Whether the export sends to this list now.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.export.as_ref().is_some_and(|export| export.list_id.as_str() == self.list_id)
    }

    /// What the baseline has of the person.
    #[must_use]
    pub fn members(&self) -> &[FoundMember] {
        match &self.members {
            KnownMembers::Found { members, .. } => members,
            KnownMembers::NoBaseline | KnownMembers::Unreadable => &[],
        }
    }

    /// Whether anything is kept here that names the person.
    #[must_use]
    pub fn has_person(&self) -> bool {
        !self.members().is_empty() || !self.rejections.is_empty() || !self.problems.is_empty()
    }
}

/// What is known of a person: every list that an export has now, whether it knows the person or not, and every other
/// list that has something of the person.
pub struct FoundPerson {
    /// In the order of exports.
    pub lists: Vec<KnownAtList>,
    /// When the runs ended that the baselines name; without those that are not kept any more.
    pub ends: HashMap<RunId, Time>,
}

/// Looks a person up. The time does not grow with the members of an export, but with the number of exports.
pub async fn find_person(app: &App, instance: Uuid, person: &Person) -> sqlx::Result<FoundPerson> {
    let (mut lists, baselines) = known_in_database(app, instance, person).await?;
    let mut reads = stream::iter(baselines)
        .map(|baseline| async {
            let members = members_of(&app.storage, &baseline, person).await;
            (baseline, members)
        })
        .buffer_unordered(READS_AT_ONCE);
    while let Some((baseline, members)) = reads.next().await {
        let Some(list) = lists.get_mut(&(baseline.export_id.0, baseline.list_id)) else { continue };
        (list.members, list.baseline_run) = (members, Some(baseline.run_id));
    }
    let mut lists: Vec<_> = lists.into_values().collect();
    lists.retain(|list| list.is_current() || list.has_person());
    let ends = ends(app, &lists).await?;
    Ok(FoundPerson { lists, ends })
}

async fn ends(app: &App, lists: &[KnownAtList]) -> sqlx::Result<HashMap<RunId, Time>> {
    let found = lists.iter().flat_map(KnownAtList::members);
    let runs: HashSet<_> = found.flat_map(|found| [found.member.run, found.since]).collect();
    let runs: Vec<_> = runs.into_iter().collect();
    let ends = store::ends(&mut app.db.read().await?, &runs).await?;
    Ok(ends.into_iter().filter_map(|(run, end)| Some((run, end?))).collect())
}

/// What a baseline has of a person.
async fn members_of(storage: &Storage, baseline: &Baseline, person: &Person) -> KnownMembers {
    let found = match person {
        Person::Email(email) => {
            let found = find_addresses(storage, baseline, std::slice::from_ref(email)).await;
            found.map(|members| (members, false))
        }
        Person::CustomerId(id) => {
            let found = find_customer(storage, baseline, id).await;
            found.map(|found| (found.members, found.is_scanned))
        }
    };
    match found {
        Ok((members, is_scanned)) => KnownMembers::Found { members, is_scanned },
        Err(error) => {
            tracing::warn!(%error, "what a list last received of people is unreadable");
            KnownMembers::Unreadable
        }
    }
}

/// What is known, by the id of the export and that of the list.
type Lists = BTreeMap<(Uuid, String), KnownAtList>;

/// Everything but the members of the baselines, which are to be read.
async fn known_in_database(
    app: &App,
    instance: Uuid,
    person: &Person,
) -> sqlx::Result<(Lists, Vec<Baseline>)> {
    let mut tx = app.db.read().await?;
    let exports = exports::store::all(&mut tx, instance).await?;
    let baselines = baselines::store::of_instance(&mut tx, instance).await?;
    let mut lists = lists_of(&exports, &baselines);
    for one in store::rejections(&mut tx, instance, person).await? {
        let at = (one.export_id, &one.list_id, one.export_name.as_str());
        of(&mut lists, &exports, at).rejections.push(one);
    }
    for one in store::problems(&mut tx, instance, person).await? {
        let at = (one.export_id, &one.list_id, one.export_name.as_str());
        of(&mut lists, &exports, at).problems.push(one);
    }
    for run in store::last_runs(&mut tx, instance).await? {
        let key = (run.export_id.0, run.list_id.as_str().to_owned());
        if let Some(list) = lists.get_mut(&key) {
            list.last_run = Some(run);
        }
    }
    for (export, list, run) in store::open_runs(&mut tx, instance).await? {
        if let Some(list) = lists.get_mut(&(export.0, list)) {
            list.open_run = Some(run);
        }
    }
    Ok((lists, baselines))
}

/// The list of each export, and those that it had before.
fn lists_of(exports: &[Export], baselines: &[Baseline]) -> Lists {
    let current = exports.iter().map(|export| (export.id, export.list_id.as_str()));
    let known = baselines.iter().map(|one| (one.export_id, one.list_id.as_str()));
    let list = |(export, list): (ExportId, &str)| {
        ((export.0, list.to_owned()), unknown(exports, export, list, ""))
    };
    current.chain(known).map(list).collect()
}

/// A list of an export with a name: one of an export that was removed is new.
fn of<'a>(
    lists: &'a mut Lists,
    exports: &[Export],
    (export, list, name): (ExportId, &String, &str),
) -> &'a mut KnownAtList {
    let new = || unknown(exports, export, list, name);
    lists.entry((export.0, list.clone())).or_insert_with(new)
}

/// A list of which nothing is known yet; `name` is that of an export that was removed.
fn unknown(exports: &[Export], id: ExportId, list: &str, name: &str) -> KnownAtList {
    let export = exports.iter().find(|export| export.id == id).cloned();
    let current = export.as_ref().map(|export| export.display_name.as_str());
    KnownAtList {
        export_id: id,
        export_name: current.unwrap_or(name).to_owned(),
        export,
        list_id: list.to_owned(),
        members: KnownMembers::NoBaseline,
        baseline_run: None,
        rejections: vec![],
        problems: vec![],
        last_run: None,
        open_run: None,
    }
}
