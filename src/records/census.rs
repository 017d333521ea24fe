//! Which members of a baseline are still in the segments, and what a run would do with the others: every row is read
//! once, and nothing is sent.
//!
//! A row counts for its address, also when it is not sent: somebody whose profile has a mistake has not left.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use xxhash_rust::xxh3::xxh3_64;

use super::batches::ReadFailure;
use super::columns::{CUSTOMER_ID_COLUMN, Columns};
use super::comparison::Comparison;
use super::hasher::Hasher;
use super::marking::Marking;
use super::plan::Plan;
use super::seen::Seen;
use crate::baselines::{Baseline, Index, Known, MemberState, OffListPeople, SlotSet};
use crate::campaign_monitor::ConsentReading;
use crate::storage::{Manifest, Storage};

/// The rows to read, and how.
pub struct Rows {
    pub storage: Storage,
    pub manifests: Vec<Arc<Manifest>>,
    pub plan: Arc<Plan>,
}

impl Rows {
    /// Every row, page by page.
    pub(super) fn pages(&self) -> impl Stream<Item = Result<RecordBatch, ReadFailure>> + Unpin {
        let (storage, columns) = (self.storage.clone(), self.plan.wanted());
        let manifests = stream::iter(self.manifests.clone()).enumerate();
        Box::pin(manifests.flat_map(move |(segment, manifest)| {
            let pages = storage.pages(manifest, columns.clone());
            pages.map_err(move |error| ReadFailure { segment, error })
        }))
    }
}

/// What the list has from the export.
pub struct BaselineIndex {
    pub baseline: Baseline,
    pub index: Arc<Index>,
    /// `None` when records are made in another way since, so that the index has no contents to compare: then every
    /// member counts as changed.
    pub hasher: Option<Hasher>,
    /// By what a run that sends changes leaves rows out, where that is by their contents.
    pub comparison: Option<Arc<Comparison>>,
}

/// What was found in the rows.
#[derive(Default)]
pub struct Census {
    /// `None` when nothing is known of the list.
    pub known: Option<BaselineIndex>,
    /// What the list had before its last run, where what that one sent is not known: only a no still counts.
    pub before: Option<BaselineIndex>,
    /// The members of the baseline whose address a row has.
    pub met: SlotSet,
    pub new: i64,
    pub changed: i64,
    pub unchanged: i64,
    /// Of the new and the changed ones: people whom an earlier run, perhaps of another export, had flagged or taken off
    /// the list.
    pub returning: i64,
    /// Rows, of whatever kind.
    pub rows: i64,
    /// Those of them that a run leaves out, because the list has them.
    left_out: i64,
    /// Addresses that the list does not have from the export.
    newcomers: Option<Seen>,
    /// People whom other exports to the list have taken off it, where they may come back.
    elsewhere: Arc<[OffListPeople]>,
    keeps_ids: bool,
    /// Hashes of the `CustomerId`s of those of them that would be sent.
    newcomer_ids: HashSet<u64>,
    /// Hashes of the `CustomerId`s of rows that are not sent for a mistake in them.
    unreachable: HashSet<u64>,
}

/// Reads every row once, and meets the members of the baseline.
///
/// The ids of newcomers are kept where `known` or `before` or another export (`keeps_ids`) may know them.
pub async fn take(
    rows: &Rows,
    (known, before): (Option<BaselineIndex>, Option<BaselineIndex>),
    marking: Option<&Marking>,
    keeps_ids: bool,
) -> Result<Census, ReadFailure> {
    let room = rows.manifests.iter().map(|manifest| manifest.rows()).sum::<u64>();
    let newcomers =
        Seen::with_room_for(usize::try_from(room).unwrap_or(usize::MAX), rand::random());
    let met = SlotSet::new(known.as_ref().map_or(0, |known| known.index.len()));
    let keeps_ids = keeps_ids || known.is_some() || before.is_some();
    let newcomers = Some(newcomers);
    let elsewhere = marking.map(|marking| marking.elsewhere.clone()).unwrap_or_default();
    let mut census =
        Census { known, before, met, newcomers, elsewhere, keeps_ids, ..Census::default() };
    let mut pages = rows.pages();
    while let Some(page) = pages.try_next().await? {
        census.count(&rows.plan, &page);
    }
    census.newcomers = None;
    Ok(census)
}

impl Census {
    /// Of so many rows, each of which a run that sends changes leaves out.
    #[must_use]
    pub fn of_unchanged(rows: i64) -> Self {
        Self { unchanged: rows, rows, left_out: rows, ..Self::default() }
    }

    /// What tells whom an id belongs to.
    #[must_use]
    pub fn of_ids(&self) -> Option<&BaselineIndex> {
        self.known.as_ref().or(self.before.as_ref())
    }

    /// Whether a member is in the segments with a mistake, such as an address that cannot be used.
    #[must_use]
    pub fn is_unreachable(&self, customer_id: &str) -> bool {
        self.unreachable.contains(&xxh3_64(customer_id.as_bytes()))
    }

    /// Whether a newcomer has this `CustomerId`.
    #[must_use]
    pub fn has_newcomer(&self, customer_id: &str) -> bool {
        self.has_newcomer_hash(xxh3_64(customer_id.as_bytes()))
    }

    /// The same by the hash of the id.
    pub(super) fn has_newcomer_hash(&self, customer_id: u64) -> bool {
        self.newcomer_ids.contains(&customer_id)
    }

    /// Whether a member is on the list, or may be, and left the segments with this address.
    pub(super) fn is_departed(&self, state: MemberState, slot: usize) -> bool {
        use MemberState::{FlaggedByUs, InDoubt, OnList};
        let is_on_list = matches!(state, OnList | FlaggedByUs | InDoubt);
        is_on_list && self.known.is_some() && !self.met.contains(slot)
    }

    /// Whether a run that sends changes leaves every row out: nothing is sent, and nothing is wrong with any.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.rows > 0 && self.left_out == self.rows
    }

    /// Whether a row would be sent to an address that the list does not have.
    #[must_use]
    pub fn has_newcomers(&self) -> bool {
        !self.newcomer_ids.is_empty()
    }

    fn count(&mut self, plan: &Plan, page: &RecordBatch) {
        let columns = &plan.columns_of(page);
        let addresses: Vec<_> =
            (0..page.num_rows()).map(|row| plan.address(columns, row).ok()).collect();
        let contents = self.contents(page);
        for ((row, address), found) in (0..).zip(&addresses).zip(self.find(&addresses)) {
            self.rows += 1;
            let id = columns.written(CUSTOMER_ID_COLUMN, row);
            let hash = || id.map(|id| xxh3_64(id.as_bytes()));
            let Some(address) = address else {
                self.unreachable.extend(hash());
                continue;
            };
            let is_sent = is_sent(plan, columns, row);
            if !is_sent {
                self.unreachable.extend(hash());
            }
            let is_new = self.meet(address, found, contents.get(row).copied(), is_sent);
            if is_new && self.keeps_ids {
                self.newcomer_ids.extend(hash());
            }
        }
    }

    /// What is known of each address, with the key by which it is known.
    fn find(&self, addresses: &[Option<Cow<'_, str>>]) -> Vec<Option<(u64, Known)>> {
        let Some(known) = &self.known else { return vec![None; addresses.len()] };
        let key = |address: &Option<Cow<'_, str>>| {
            known.baseline.key(address.as_deref().unwrap_or_default())
        };
        let keys: Vec<_> = addresses.iter().map(key).collect();
        let found = known.index.find_each(&keys);
        keys.into_iter().zip(found).map(|(key, found)| Some((key, found?))).collect()
    }

    fn contents(&self, page: &RecordBatch) -> Vec<u64> {
        let hasher = self.known.as_ref().and_then(|known| known.hasher.as_ref());
        let rows: Vec<usize> = (0..page.num_rows()).collect();
        hasher.map(|hasher| hasher.contents(page, &rows)).unwrap_or_default()
    }

    /// Whether the row is sent to an address that the list does not have from the export, perhaps does not, or does not
    /// any more.
    fn meet(
        &mut self,
        address: &str,
        found: Option<(u64, Known)>,
        content: Option<u64>,
        is_sent: bool,
    ) -> bool {
        let found = found.filter(|(_, member)| member.state != MemberState::Moved);
        let Some((key, member)) = found else {
            if is_sent && self.is_newcomer(address) {
                self.new += 1;
                self.returning += i64::from(self.was_removed_elsewhere(address));
            }
            return is_sent;
        };
        if self.met.insert(member.slot) && is_sent {
            self.left_out += i64::from(self.is_left_out(key, &member, content));
            self.count_known(&member, content);
        }
        is_sent && (member.state == MemberState::InDoubt || member.state.is_removed_by_us())
    }

    /// Whether a run that sends changes leaves out a member with this content.
    fn is_left_out(&self, key: u64, member: &Known, content: Option<u64>) -> bool {
        let comparison = self.known.as_ref().and_then(|known| known.comparison.as_ref());
        let compared = comparison.zip(content);
        compared.is_some_and(|(comparison, hash)| comparison.is_acknowledged(key, member, hash))
    }

    fn count_known(&mut self, member: &Known, content: Option<u64>) {
        let is_same = content.is_some_and(|content| member.has_hash(content));
        if member.state == MemberState::LetGo {
            self.new += 1;
        } else if member.state.is_let_go() {
            (self.changed, self.returning) = (self.changed + 1, self.returning + 1);
        } else if is_same && member.state != MemberState::InDoubt {
            self.unchanged += 1;
        } else {
            self.changed += 1;
        }
    }
}

impl Census {
    fn was_removed_elsewhere(&self, address: &str) -> bool {
        self.elsewhere.iter().any(|removed| removed.find(address).is_some())
    }

    fn is_newcomer(&mut self, address: &str) -> bool {
        self.newcomers.as_mut().is_some_and(|seen| seen.slot(address).1)
    }
}

/// Whether nothing in a row keeps it from being sent. Profiles whose consents contradict each other are not found here.
pub(super) fn is_sent(plan: &Plan, columns: &Columns<'_>, row: usize) -> bool {
    columns.written(CUSTOMER_ID_COLUMN, row).is_some()
        && !plan.is_erased(columns, row)
        && (!plan.reads_consents()
            || !plan.consents(columns, row).contains(&ConsentReading::Unreadable))
}
