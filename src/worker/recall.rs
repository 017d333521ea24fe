//! Reads again what earlier attempts of a run have sent, and what was answered, for the next baseline.
//!
//! An attempt that ends before its run leaves nothing of the baseline behind. So the last one reads the rows of the
//! batches that are written, makes their records again, and takes the answers from the tables. The hash of a batch
//! tells whether the records are those that were sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::job::Job;
use super::joined::Joined;
use super::members::{Answers, members};
use super::stopped::Stopped;
use crate::baselines::{ListMember, MemberOrigin, MemberState};
use crate::records::address_changes::EarlierAddress;
use crate::records::basis::Basis;
use crate::records::batches::{self, MemberSource, ReadFailure};
use crate::records::columns::CUSTOMER_ID_COLUMN;
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::runs::{BatchResult, store_sent};
use crate::steps::Accounted;

/// Adds the members of the batches that earlier attempts have written.
pub async fn recall(job: &mut Job, basis: &Basis) -> Result<(), Stopped> {
    let is_earlier = |batch: &BatchResult| is_in(&job.earlier, batch.first_row);
    let earlier = written(job, is_earlier).await?;
    add(job, basis, earlier, None).await
}

/// By their first rows.
pub(super) type Written = BTreeMap<i64, BatchResult>;

/// Batches of the run that are stored.
pub(super) async fn written(
    job: &Job,
    is_sought: impl Fn(&BatchResult) -> bool,
) -> sqlx::Result<Written> {
    let all = store_sent::batches(&mut job.app.db.read().await?, job.run.id).await?;
    Ok(all.into_iter().filter(is_sought).map(|batch| (batch.first_row, batch)).collect())
}

/// Adds the members of these batches once more.
pub(super) async fn add(
    job: &mut Job,
    basis: &Basis,
    written: Written,
    joined: Option<&Joined>,
) -> Result<(), Stopped> {
    let plan = basis.plan.clone();
    if written.is_empty() || !plan.knows_erased() {
        return add_all(job, (basis, plan), written, joined).await;
    }
    // An attempt before may have sent people who were erased since: of it, the batches have their records too.
    let with_everybody = Arc::new(plan.with_tombstones(None));
    let others = add_same(job, (basis, plan), written, joined).await?;
    add_all(job, (basis, with_everybody), others, joined).await
}

/// Adds the members of all of these batches. Those of a batch with other records are in doubt.
async fn add_all(
    job: &mut Job,
    (basis, plan): (&Basis, Arc<Plan>),
    written: Written,
    joined: Option<&Joined>,
) -> Result<(), Stopped> {
    if written.is_empty() {
        return Ok(());
    }
    let mut reader = retry_reading(job, (basis, plan), &written).await?;
    let mut found = 0;
    while let Some((batch, known)) = next(&mut reader, &written).await? {
        add_one(job, basis, &batch, (known, joined)).await?;
        found += 1;
    }
    if found == written.len() {
        return Ok(());
    }
    Err(Stopped::Fault(anyhow::anyhow!("{found} of {} batches were read again", written.len())))
}

/// Adds the members of the batches whose records are those that were sent. Returns the others.
async fn add_same(
    job: &mut Job,
    (basis, plan): (&Basis, Arc<Plan>),
    mut written: Written,
    joined: Option<&Joined>,
) -> Result<Written, Stopped> {
    let mut reader = retry_reading(job, (basis, plan), &written).await?;
    let mut same = vec![];
    while let Some((batch, known)) = next(&mut reader, &written).await? {
        if is_same(&batch, known) {
            add_one(job, basis, &batch, (known, joined)).await?;
            same.push(batch.first_row);
        }
    }
    written.retain(|first, _| !same.contains(first));
    Ok(written)
}

type Reader = mpsc::Receiver<Result<EncodedBatch, ReadFailure>>;

/// Reads these batches again, with the records that a plan makes.
async fn retry_reading(
    job: &Job,
    (basis, plan): (&Basis, Arc<Plan>),
    written: &Written,
) -> Result<Reader, Stopped> {
    let only = written.iter().map(|(first, batch)| (*first, first + batch.rows)).collect();
    let (storage, marking) = (job.app.storage.clone(), basis.marking.clone());
    let source = MemberSource::new(storage, job.manifests().await?, plan, job.seed());
    Ok(batches::read(MemberSource { only: Some(only), marking, ..source }))
}

/// The next one, with what is stored of it.
async fn next<'a>(
    reader: &mut Reader,
    written: &'a Written,
) -> Result<Option<(EncodedBatch, &'a BatchResult)>, Stopped> {
    while let Some(batch) = reader.recv().await {
        let batch = batch.map_err(|failure| Stopped::unreadable(&failure.error, None))?;
        if let Some(known) = written.get(&batch.first_row) {
            return Ok(Some((batch, known)));
        }
    }
    Ok(None)
}

async fn add_one(
    job: &mut Job,
    basis: &Basis,
    batch: &EncodedBatch,
    known: (&BatchResult, Option<&Joined>),
) -> Result<(), Stopped> {
    let members = recalled(job, basis, batch, known).await?;
    job.acknowledged.add(&job.app.storage, &basis.baseline, members).await;
    Ok(())
}

/// Whether its records are those that were sent.
fn is_same(batch: &EncodedBatch, written: &BatchResult) -> bool {
    written.body_hash == batch.body_hash && batch.first_row + written.rows == batch.end
}

pub(super) fn is_in(accounted: &Accounted, first_row: i64) -> bool {
    first_row < accounted.position || accounted.answered.contains_key(&first_row)
}

/// The rows of a batch whose address was changed, with the members that they were. Fails where these are not known any
/// more: else the old address would stay one of a member.
fn changed(
    job: &Job,
    basis: &Basis,
    batch: &EncodedBatch,
    written: &BatchResult,
) -> Result<BTreeMap<usize, ListMember>, Stopped> {
    let columns = basis.plan.columns_of(&batch.page);
    let member = |(position, origin): &(i64, MemberOrigin)| {
        let row = batch.positions.row(*position)?;
        let address = basis.plan.address(&columns, row).ok()?;
        let id = columns.written(CUSTOMER_ID_COLUMN, row)?;
        let old = match job.changes.of(&address, id)? {
            EarlierAddress::Changed(old) => old,
            EarlierAddress::Kept(olds) => olds.first().filter(|_| olds.len() == 1)?,
            EarlierAddress::SaidNo => return None,
        };
        Some((row, ListMember { origin: *origin, ..old.clone() }))
    };
    let stored = written.changed.iter().flat_map(|changed| &changed.0);
    let changed: BTreeMap<_, _> = stored.filter_map(member).collect();
    if to_i64(changed.len()) == written.changed_addresses {
        return Ok(changed);
    }
    let unknown = "whose addresses an earlier attempt changed is not known";
    Err(Stopped::Fault(anyhow::anyhow!(unknown)))
}

async fn recalled(
    job: &Job,
    basis: &Basis,
    batch: &EncodedBatch,
    (written, joined): (&BatchResult, Option<&Joined>),
) -> Result<Vec<ListMember>, Stopped> {
    let (first, end) = (batch.first_row, batch.end);
    let mut db = job.app.db.read().await?;
    let rejections = store_sent::unacknowledged(&mut db, job.run.id, first, end).await?;
    let erased = store_sent::erased(&mut db, job.run.id, first, end).await?;
    drop(db);
    let erased: Vec<_> = erased.into_iter().filter_map(|one| batch.positions.row(one)).collect();
    let returned = written.returned.iter().flat_map(|positions| &positions.0);
    let returned: Vec<usize> = returned.filter_map(|one| batch.positions.row(*one)).collect();
    let changed = changed(job, basis, batch, written)?;
    let answers = Answers {
        created: written.newcomers_created,
        returned: &returned,
        rejections: &rejections,
        unsent: &erased,
        joined,
        changed: &changed,
    };
    let mut members = members(batch, &answers, job.run.id).all;
    if !is_same(batch, written) {
        tracing::warn!(batch.number, "the records of a batch are others than those that were sent");
        for member in &mut members {
            member.state = MemberState::InDoubt;
        }
    }
    Ok(members)
}
