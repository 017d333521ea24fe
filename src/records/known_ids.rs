//! Members of a baseline whose `CustomerId` a newcomer of the segments has, and the addresses that it has there.
//!
//! Memory is bounded: of people who said no only hashes are kept, and above [`FOLLOWED_MAX`] others nobody is followed.

use std::collections::{HashMap, HashSet};

use arrow_array::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;

use super::census::{BaselineIndex, Census, Rows, is_sent};
use super::columns::{CUSTOMER_ID_COLUMN, Columns};
use super::plan_failure::PlanFailure;
use crate::baselines::{
    self, Baseline, HashKind, Index, ListMember, MemberOrigin, MemberState, SaidNo,
};
use crate::storage::Storage;

/// So many ids are followed to another address in one run. More are no changes of single people.
const FOLLOWED_MAX: usize = 20_000;
/// An id with so many members or addresses names no person.
const PER_ID_MAX: usize = 10;

/// A member who left the segments under the old address.
#[derive(Clone)]
pub(super) struct Departed {
    pub(super) slot: usize,
    pub(super) member: ListMember,
    /// Whether this service put the person on the list, and no other export holds them.
    pub(super) is_ours: bool,
}

impl Departed {
    /// Whether the person gets mail there as a member whom this service put on the list.
    pub(super) fn is_ours_on_list(&self) -> bool {
        self.is_ours && self.member.state == MemberState::OnList
    }
}

/// What is known of a `CustomerId`.
#[derive(Default)]
pub(super) struct FollowedId {
    /// Members on the list, in any way.
    on_list: usize,
    /// Those of them who left the segments under their address.
    pub(super) departed: Vec<Departed>,
    /// All others, also those who are in the segments under their address: whether they have said no since, only the
    /// list knows.
    pub(super) gone: Vec<ListMember>,
    pub(super) addresses: Vec<RowAddress>,
}

/// An address that a `CustomerId` has in the segments, in lower case.
#[derive(PartialEq, Eq)]
pub(super) enum RowAddress {
    /// The list does not have it from the export.
    New(String),
    /// It was sent without an answer.
    InDoubt(String),
    /// This service removed the person from there.
    Removed(String),
    /// It is not sent, or the list has it.
    Other,
}

impl RowAddress {
    /// Whether the person with this id said no to another export, at another address.
    pub(super) fn is_refused(&self, id: &str, elsewhere: &SaidNo) -> bool {
        match self {
            Self::New(address) | Self::InDoubt(address) | Self::Removed(address) => {
                elsewhere.has_at_another(id, address)
            }
            Self::Other => false,
        }
    }

    /// The address of a row that may be sent to another one than before.
    pub(super) fn sent(self) -> Option<String> {
        match self {
            Self::New(address) | Self::InDoubt(address) | Self::Removed(address) => Some(address),
            Self::Other => None,
        }
    }
}

/// What is known of the ids of newcomers.
#[derive(Default)]
pub(super) struct KnownIds {
    /// Hashes of the ids of people who said no.
    pub(super) said_no: HashSet<u64>,
    /// Ids of members on the list, some of whom left the segments under their address.
    pub(super) followed: HashMap<String, FollowedId>,
}

impl FollowedId {
    fn add(&mut self, slot: usize, member: &ListMember, is_departed: bool) {
        self.on_list += 1;
        if is_departed && self.departed.len() < PER_ID_MAX {
            let is_certain = member.state != MemberState::InDoubt;
            let is_ours = is_certain && member.origin == MemberOrigin::Ours;
            self.departed.push(Departed { slot, member: member.clone(), is_ours });
        }
    }

    fn add_gone(&mut self, member: &ListMember) {
        if self.gone.len() < PER_ID_MAX {
            self.gone.push(member.clone());
        }
    }

    /// Whether one member has one new address, and nothing else has the id.
    pub(super) fn is_change(&self) -> bool {
        let is_one = self.on_list == 1 && self.departed.len() == 1;
        is_one && matches!(self.addresses.as_slice(), [RowAddress::New(_)])
    }

    /// Whether the id names no person.
    pub(super) const fn is_anybody(&self) -> bool {
        self.departed.len() >= PER_ID_MAX
            || self.gone.len() >= PER_ID_MAX
            || self.addresses.len() >= PER_ID_MAX
    }
}

impl KnownIds {
    pub(super) fn is_empty(&self) -> bool {
        self.said_no.is_empty() && self.followed.is_empty()
    }

    /// Collects the addresses in a page. Of people whom only a no concerns they are `refused` at once.
    pub(super) fn see(
        &mut self,
        rows: &Rows,
        (known, elsewhere): (Option<&BaselineIndex>, &SaidNo),
        page: &RecordBatch,
        mut refused: impl FnMut(RowAddress),
    ) {
        let columns = &rows.plan.columns_of(page);
        for row in 0..page.num_rows() {
            let id = columns.written(CUSTOMER_ID_COLUMN, row).unwrap_or_default();
            match self.followed.get_mut(id) {
                Some(one) if !one.is_anybody() => {
                    let address = row_address(rows, known, columns, row);
                    if !one.addresses.contains(&address) {
                        one.addresses.push(address);
                    }
                }
                _ => {
                    let address = || row_address(rows, known, columns, row);
                    let said_no = self.said_no.contains(&xxh3_64(id.as_bytes()));
                    let address = (said_no || elsewhere.has(id)).then(address);
                    let is_refused = |one: &RowAddress| said_no || one.is_refused(id, elsewhere);
                    address.filter(is_refused).into_iter().for_each(&mut refused);
                }
            }
        }
    }
}

fn row_address(
    rows: &Rows,
    known: Option<&BaselineIndex>,
    columns: &Columns<'_>,
    row: usize,
) -> RowAddress {
    let address = rows.plan.address(columns, row).ok();
    let sent = address.filter(|_| is_sent(&rows.plan, columns, row));
    let Some(address) = sent.map(|address| address.to_ascii_lowercase()) else {
        return RowAddress::Other;
    };
    let find = |known: &BaselineIndex| known.index.find(known.baseline.key(&address));
    match known.and_then(find).map(|found| found.state) {
        None | Some(MemberState::Moved) => RowAddress::New(address),
        Some(MemberState::InDoubt) => RowAddress::InDoubt(address),
        Some(state) if state.is_removed_by_us() => RowAddress::Removed(address),
        Some(_) => RowAddress::Other,
    }
}

/// What the baseline knows of the ids of newcomers.
pub(super) async fn known_ids(
    storage: &Storage,
    known: &BaselineIndex,
    census: &Census,
) -> Result<KnownIds, PlanFailure> {
    use MemberState::{LetGo, Moved};
    let KnownIds { mut said_no, mut followed } = KnownIds::default();
    let (mut pages, mut slots, mut is_following) =
        (baselines::members(storage, &known.baseline), 0.., true);
    while let Some(page) = pages.try_next().await? {
        for (member, slot) in page.iter().zip(&mut slots) {
            if !census.has_newcomer(&member.customer_id) {
                continue;
            }
            if member.state.is_no() {
                said_no.insert(xxh3_64(member.customer_id.as_bytes()));
            } else if is_following && member.state != Moved {
                let one: &mut FollowedId = followed.entry(member.customer_id.clone()).or_default();
                let is_gone = member.state.is_removed_by_us() || member.state == LetGo;
                if is_gone && !census.met.contains(slot) {
                    one.add_gone(member);
                } else if !member.state.is_removed_by_us() {
                    let is_departed = census.is_departed(member.state, slot);
                    one.add(slot, member, is_departed);
                    if !is_departed {
                        one.add_gone(member);
                    }
                }
                is_following = followed.len() <= FOLLOWED_MAX;
            }
        }
    }
    followed.retain(|_, one| is_following && !(one.departed.is_empty() && one.gone.is_empty()));
    Ok(KnownIds { said_no, followed })
}

/// Leaves people where they are whom another export holds, or may hold.
pub(super) async fn keep_held(
    storage: &Storage,
    others: Option<&[Baseline]>,
    followed: &mut HashMap<String, FollowedId>,
) -> Result<(), PlanFailure> {
    let mut departed: Vec<&mut Departed> =
        followed.values_mut().flat_map(|one| &mut one.departed).collect();
    if departed.is_empty() {
        return Ok(());
    }
    for other in others.unwrap_or_default() {
        let elsewhere = match Index::load(storage, other, HashKind::Content).await {
            Ok(index) => index,
            Err(baselines::Error::Damaged { .. }) => {
                keep_all(departed);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for departed in &mut departed {
            let known = elsewhere.find(other.key(&departed.member.address));
            departed.is_ours &= known.is_none_or(|known| known.state.is_let_go());
        }
    }
    if others.is_none() {
        keep_all(departed);
    }
    Ok(())
}

/// Leaves all of them where they are.
fn keep_all(departed: Vec<&mut Departed>) {
    for departed in departed {
        departed.is_ours = false;
    }
}
