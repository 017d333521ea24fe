//! Reads again what earlier attempts of a run have sent, and what was answered, for the next baseline.
//!
//! An attempt that ends before its run leaves nothing of the baseline behind. So the last one reads the rows of the
//! batches that are written, makes their records again, and takes the answers from the tables. The hash of a batch
//! tells whether the records are those that were sent.

use std::collections::BTreeMap;

use super::job::Job;
use super::joined::Joined;
use super::members::{Answers, members};
use super::stopped::Stopped;
use crate::baselines::{ListMember, MemberOrigin, MemberState};
use crate::records::address_changes::EarlierAddress;
use crate::records::basis::Basis;
use crate::records::batcher::Accounted;
use crate::records::batches::{self, MemberSource};
use crate::records::columns::CUSTOMER_ID_COLUMN;
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::runs::{BatchResult, store_sent};

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
    if written.is_empty() {
        return Ok(());
    }
    let only = written.iter().map(|(first, batch)| (*first, first + batch.rows)).collect();
    let (storage, seed) = (job.app.storage.clone(), job.seed());
    let source = MemberSource::new(storage, job.manifests().await?, basis.plan.clone(), seed);
    let marking = basis.marking.clone();
    let mut reader = batches::read(MemberSource { only: Some(only), marking, ..source });
    let mut found = 0;
    while let Some(batch) = reader.recv().await {
        let batch = batch.map_err(|failure| Stopped::unreadable(&failure.error, None))?;
        let Some(known) = written.get(&batch.first_row) else { continue };
        let members = recalled(job, basis, &batch, (known, joined)).await?;
        job.acknowledged.add(&job.app.storage, &basis.baseline, members).await;
        found += 1;
    }
    if found == written.len() {
        return Ok(());
    }
    Err(Stopped::Fault(anyhow::anyhow!("{found} of {} batches were read again", written.len())))
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
    drop(db);
    let returned = written.returned.iter().flat_map(|positions| &positions.0);
    let returned: Vec<usize> = returned.filter_map(|one| batch.positions.row(*one)).collect();
    let changed = changed(job, basis, batch, written)?;
    let answers = Answers {
        created: written.newcomers_created,
        returned: &returned,
        rejections: &rejections,
        unsent: &[],
        joined,
        changed: &changed,
    };
    let mut members = members(batch, &answers, job.run.id).all;
    if written.body_hash != batch.body_hash || first + written.rows != end {
        tracing::warn!(batch.number, "the records of a batch are others than those that were sent");
        for member in &mut members {
            member.state = MemberState::InDoubt;
        }
    }
    Ok(members)
}
