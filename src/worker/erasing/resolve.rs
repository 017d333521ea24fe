//! Finds the addresses of people who were named by their `CustomerId`: lists know only addresses.
//!
//! An address counts when a list has received it for that id. What else stands in a profile may be the address of
//! somebody else. An id with more addresses than one person has, on lists and in uploads, is a placeholder, or numbers
//! something else: then nobody is erased for it, because these would be strangers. What lists have received has to be
//! known for that: it waits for a baseline that is damaged.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::baselines::damaged;
use super::job::ErasingJob;
use crate::baselines::{self, ListMember};
use crate::db::{ReadHandle, WriteHandle};
use crate::erasures::{
    AddressesById, People, Site, Sought, left_out, store_sites, store_tombstones, store_work,
    unaddressed,
};
use crate::feedback;
use crate::names::RunId;
use crate::runs::store_forget;
use crate::storage::{self, UPLOADS};

const RUNS: i64 = 500;
const ROWS: i64 = 5000;
const DAMAGED: &str = "What a list had received from an export was damaged. Where the export was run since, the \
    addresses that only this list had received for a CustomerId of this request are unknown, and were not deleted. \
    Send a request with the addresses of the people.";

const UNREADABLE_UPLOAD: &str = "An uploaded file is damaged, so it is not known which addresses belong to a \
    CustomerId of this request. Upload the members of every segment again: the damaged file is removed then.";

/// What is known of the addresses.
pub enum Resolved {
    All,
    /// There were some that nobody knew: runs may still send to these.
    Grown,
    /// Why they cannot be found now, in a sentence.
    Waits(String),
}

/// Adds the addresses to the people, and their tombstones. Done once.
pub async fn resolve(job: &mut ErasingJob) -> anyhow::Result<Resolved> {
    if job.erasure.is_resolved {
        return Ok(Resolved::All);
    }
    let mut people = job.people.clone();
    let found = if people.customer_ids.is_empty() {
        AddressesById::default()
    } else {
        match addresses(job).await? {
            Ok(found) => found,
            Err(why) => {
                note_damage(job).await?;
                return Ok(Resolved::Waits(why));
            }
        }
    };
    let unknown = found.unknown(&people);
    let crowds = found.resolve(&mut people);
    let is_new = people.emails.len() > job.people.emails.len();
    let (erasure, keys) = (&job.erasure, &job.app.keys);
    let sealed = people.seal(keys, erasure.instance_id, erasure.id.0)?;
    let mut tx = job.write().await?;
    store_work::resolve(&mut tx, erasure.id, &sealed).await?;
    if is_new && let Some(expires) = erasure.tombstones_utc {
        let of = (erasure.instance_id, erasure.id);
        store_tombstones::add(&mut tx, keys, of, &people, expires).await?;
    }
    if unknown > 0 {
        remark_of_lists(job, &mut tx, &unaddressed(unknown)).await?;
    }
    if !crowds.is_empty() {
        leave_out(job, &mut tx, crowds).await?;
    }
    tx.commit().await?;
    job.sought = Arc::new(Sought::of(&people));
    job.people = people;
    job.erasure.is_resolved = true;
    Ok(if is_new { Resolved::Grown } else { Resolved::All })
}

/// Says that some ids name no person, and lifts their tombstones, which would keep strangers from being sent.
async fn leave_out(
    job: &ErasingJob,
    tx: &mut WriteHandle,
    crowds: BTreeMap<String, usize>,
) -> anyhow::Result<()> {
    let (erasure, keys) = (&job.erasure, &job.app.keys);
    remark_of_lists(job, tx, &left_out(crowds.values().copied())).await?;
    let ids = People { customer_ids: crowds.into_keys().collect(), ..People::default() };
    store_tombstones::remove_people(tx, keys, (erasure.instance_id, erasure.id), &ids).await?;
    Ok(feedback::store_files::make_due(tx, erasure.instance_id).await?)
}

/// Says that addresses may be unknown for good: a run that writes a baseline anew leaves these people out.
async fn note_damage(job: &ErasingJob) -> anyhow::Result<()> {
    let mut tx = job.write().await?;
    remark_of_lists(job, &mut tx, DAMAGED).await?;
    Ok(tx.commit().await?)
}

/// Says something before what is said of lists already, once.
async fn remark_of_lists(job: &ErasingJob, tx: &mut WriteHandle, said: &str) -> sqlx::Result<()> {
    let sites = store_sites::of_erasure(tx, job.erasure.id).await?;
    let lists = sites.into_iter().find(|record| record.site == Site::Lists);
    let known = lists.map(|record| record.remark).unwrap_or_default();
    if known.contains(said) {
        return Ok(());
    }
    store_sites::add_remark(tx, job.erasure.id, Site::Lists, said).await
}

/// The addresses of every id, or why these are not known.
async fn addresses(job: &ErasingJob) -> anyhow::Result<Result<AddressesById, String>> {
    let instance = job.erasure.instance_id;
    let named =
        baselines::store_forget::of_instance(&mut job.app.db.read().await?, instance).await?;
    let mut found = AddressesById::default();
    for baseline in named {
        let sought = job.sought.clone();
        let see = move |found: &mut AddressesById, member: &ListMember| {
            if sought.is_id(&member.customer_id) {
                found.add(&member.customer_id, &member.address);
            }
        };
        match baselines::seen(&job.app.storage, &baseline.baseline, see).await {
            Ok(addresses) => found.merge(addresses),
            Err(baselines::Error::Damaged { .. }) => {
                return Ok(Err(damaged(baseline.baseline.export_id)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    rejected(job, &mut found).await?;
    Ok(uploaded(job, &mut found).await?.map_or(Ok(found), |why| Err(why.to_owned())))
}

/// Counts the addresses in profiles with these ids. Returns why that cannot be done, if so.
async fn uploaded(
    job: &ErasingJob,
    found: &mut AddressesById,
) -> anyhow::Result<Option<&'static str>> {
    let (storage, is_sought) = (&job.app.storage, job.is_sought());
    for object in storage.objects_of(UPLOADS, job.erasure.instance_id).await? {
        match storage.texts_of_sought(&object, &is_sought, AddressesById::count).await {
            Ok(counted) => found.merge(counted),
            Err(storage::Error::Invalid { .. }) => return Ok(Some(UNREADABLE_UPLOAD)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Those whom Campaign Monitor rejected: it may have them all the same, from somebody else. The address of a duplicate
/// is that of another profile, and nobody received it for this id.
async fn rejected(job: &ErasingJob, found: &mut AddressesById) -> anyhow::Result<()> {
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let mut after = None;
    loop {
        let runs = store_forget::with_details(&mut db, instance, after, RUNS).await?;
        after = runs.last().copied().or(after);
        if runs.is_empty() {
            return Ok(());
        }
        for run in runs {
            rejected_by(job, &mut db, run, found).await?;
        }
    }
}

async fn rejected_by(
    job: &ErasingJob,
    db: &mut ReadHandle,
    run: RunId,
    found: &mut AddressesById,
) -> anyhow::Result<()> {
    let mut after = -1;
    loop {
        let rows = store_forget::rejected(db, run, after, ROWS).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.position;
        let is_sought = |id: &str| job.sought.is_id(id);
        for row in rows.iter().filter(|row| row.outcome.was_sent() && is_sought(&row.customer_id)) {
            if row.email.contains('@') {
                found.add(&row.customer_id, &row.email);
            }
        }
    }
}
