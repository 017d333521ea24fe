//! Whose address changed, and who said no under an earlier one: newcomers of the segments whose `CustomerId` the
//! baseline knows at another address.
//!
//! An address changed only when nothing else explains it: one row, one member, and nobody has the old address any
//! more. The member is one whom this service put on the list, and whom no other export holds. All others keep the old
//! address, and are sent as ever. Who said no is not sent under another address either.

use std::collections::{BTreeMap, HashMap};

use arrow_array::RecordBatch;
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::census::{BaselineIndex, Census, Rows, is_sent};
use super::columns::{CUSTOMER_ID_COLUMN, Columns};
use super::plan_failure::PlanFailure;
use crate::baselines::{
    self, Baseline, HashKind, Index, Known, ListMember, MemberOrigin, MemberState, SlotSet,
};
use crate::storage::Storage;

/// What the baseline says about somebody at a new address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlierAddress {
    /// The member, whose address changed.
    Changed(ListMember),
    /// The member, who keeps the old address too: not ours, or held by another export.
    Kept(ListMember),
    /// The person said no there.
    SaidNo,
}

/// Newcomers whom the baseline knows under another address.
#[derive(Debug, Default)]
pub struct AddressChanges {
    /// By the new address, in lower case.
    found: BTreeMap<String, EarlierAddress>,
    /// The members whose address changed, by their slots in the baseline.
    slots: SlotSet,
    held_back: usize,
}

impl AddressChanges {
    /// Whether every newcomer is unknown under any address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many people stay on the list with another address.
    #[must_use]
    pub const fn changed(&self) -> usize {
        self.slots.len()
    }

    /// How many newcomers are not sent.
    #[must_use]
    pub const fn held_back(&self) -> usize {
        self.held_back
    }

    /// Whether the address of the member in this slot changed.
    #[must_use]
    pub fn has_slot(&self, slot: usize) -> bool {
        self.slots.contains(slot)
    }

    /// What is known of a profile with this new address.
    #[must_use]
    pub fn of(&self, address: &str, customer_id: &str) -> Option<&EarlierAddress> {
        let found = self.found.get(&address.to_ascii_lowercase())?;
        match found {
            EarlierAddress::Changed(old) | EarlierAddress::Kept(old)
                if old.customer_id != customer_id =>
            {
                None
            }
            _ => Some(found),
        }
    }

    /// A hash of all addresses, old and new; empty when none changed.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        let mut digest = Sha256::new();
        for (new, earlier) in &self.found {
            if let EarlierAddress::Changed(old) = earlier {
                digest.update(format!("{}\n{new}\n", old.address.to_ascii_lowercase()));
            }
        }
        if self.slots.is_empty() { vec![] } else { digest.finalize().to_vec() }
    }
}

/// A member who left the segments under the old address.
struct Departed {
    slot: usize,
    member: ListMember,
    /// Whether this service put the person on the list, and no other export holds them.
    is_ours: bool,
}

/// What is known of a `CustomerId`.
#[derive(Default)]
struct Candidate {
    said_no: bool,
    /// Members on the list, in any way.
    on_list: usize,
    /// The last of them, where it left the segments under its address.
    departed: Option<Departed>,
    addresses: Vec<RowAddress>,
}

/// An address that a `CustomerId` has in the segments, in lower case.
#[derive(PartialEq, Eq)]
enum RowAddress {
    /// The list does not have it from the export.
    New(String),
    /// It was sent without an answer.
    InDoubt(String),
    /// It is not sent, or the list has it.
    Other,
}

impl Candidate {
    fn add(&mut self, slot: usize, member: &ListMember, is_departed: bool) {
        use MemberState::{DeletedByUs, Moved, UnsubscribedByUs};
        if member.state.is_no() {
            self.said_no = true;
        } else if !matches!(member.state, DeletedByUs | Moved | UnsubscribedByUs) {
            let is_ours = member.origin == MemberOrigin::Ours;
            let departed = || Departed { slot, member: member.clone(), is_ours };
            self.on_list += 1;
            self.departed = is_departed.then(departed);
        }
    }

    /// The old member and the only new address; `None` where it is not certain.
    fn change(&mut self) -> Option<(String, Departed)> {
        let [RowAddress::New(address)] = self.addresses.as_slice() else { return None };
        let departed = self.departed.take().filter(|_| self.on_list == 1)?;
        Some((address.clone(), departed))
    }
}

/// Finds them. `others` are the baselines of all other exports to the list: without them nobody's address changes.
/// `rows` need no values. Where everybody comes back, nobody is held back. Where it is unknown what the last run sent,
/// nobody's address changes, and a no still counts.
pub async fn find(
    rows: &Rows,
    census: &Census,
    others: Option<&[Baseline]>,
) -> Result<AddressChanges, PlanFailure> {
    let Some(known) = census.of_ids().filter(|known| is_possible(known, census)) else {
        return Ok(AddressChanges::default());
    };
    let mut candidates = candidates(&rows.storage, known, census).await?;
    if rows.plan.resubscribes() {
        for candidate in candidates.values_mut() {
            candidate.said_no = false;
        }
    }
    keep_held(&rows.storage, others, &mut candidates).await?;
    candidates.retain(|_, candidate| candidate.said_no || candidate.departed.is_some());
    if candidates.is_empty() {
        return Ok(AddressChanges::default());
    }
    let mut pages = rows.pages();
    while let Some(page) = pages.try_next().await.map_err(PlanFailure::Read)? {
        see(rows, known, &page, &mut candidates);
    }
    Ok(changes(known, candidates))
}

/// Whether somebody new may be somebody whom the baseline knows.
fn is_possible(known: &BaselineIndex, census: &Census) -> bool {
    let may_be = |known: Known| known.state.is_no() || is_departed(known.state, known.slot, census);
    census.has_newcomers() && known.index.iter().any(may_be)
}

/// Whether a member is on the list, and left the segments with this address.
fn is_departed(state: MemberState, slot: usize, census: &Census) -> bool {
    let is_on_list = matches!(state, MemberState::OnList | MemberState::FlaggedByUs);
    is_on_list && census.known.is_some() && !census.met.contains(slot)
}

/// What the baseline knows of the ids of newcomers.
async fn candidates(
    storage: &Storage,
    known: &BaselineIndex,
    census: &Census,
) -> Result<HashMap<String, Candidate>, PlanFailure> {
    let mut candidates: HashMap<String, Candidate> = HashMap::new();
    let (mut pages, mut slot) = (baselines::members(storage, &known.baseline), 0);
    while let Some(page) = pages.try_next().await? {
        for member in &page {
            if census.has_newcomer(&member.customer_id) {
                let candidate = candidates.entry(member.customer_id.clone()).or_default();
                candidate.add(slot, member, is_departed(member.state, slot, census));
            }
            slot += 1;
        }
    }
    Ok(candidates)
}

/// Leaves people where they are whom another export holds, or may hold.
async fn keep_held(
    storage: &Storage,
    others: Option<&[Baseline]>,
    candidates: &mut HashMap<String, Candidate>,
) -> Result<(), PlanFailure> {
    let mut departed: Vec<&mut Departed> =
        candidates.values_mut().filter_map(|candidate| candidate.departed.as_mut()).collect();
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

/// Collects the addresses of the candidates in a page.
fn see(
    rows: &Rows,
    known: &BaselineIndex,
    page: &RecordBatch,
    candidates: &mut HashMap<String, Candidate>,
) {
    let columns = &rows.plan.columns_of(page);
    for row in 0..page.num_rows() {
        let id = columns.written(CUSTOMER_ID_COLUMN, row).unwrap_or_default();
        let Some(candidate) = candidates.get_mut(id) else { continue };
        let address = row_address(rows, known, columns, row);
        if !candidate.addresses.contains(&address) {
            candidate.addresses.push(address);
        }
    }
}

fn row_address(
    rows: &Rows,
    known: &BaselineIndex,
    columns: &Columns<'_>,
    row: usize,
) -> RowAddress {
    let address = rows.plan.address(columns, row).ok();
    let sent = address.filter(|_| is_sent(&rows.plan, columns, row));
    let Some(address) = sent.map(|address| address.to_ascii_lowercase()) else {
        return RowAddress::Other;
    };
    match known.index.find(known.baseline.key(&address)).map(|found| found.state) {
        None | Some(MemberState::Moved) => RowAddress::New(address),
        Some(MemberState::InDoubt) => RowAddress::InDoubt(address),
        Some(_) => RowAddress::Other,
    }
}

/// A no counts, unless the person is on the list by this service all the same. Two members never get one address.
fn changes(known: &BaselineIndex, candidates: HashMap<String, Candidate>) -> AddressChanges {
    let (mut changed, mut refused): (BTreeMap<_, Vec<Departed>>, Vec<_>) = Default::default();
    for mut candidate in candidates.into_values() {
        match candidate.change() {
            Some((address, departed)) if departed.is_ours || !candidate.said_no => {
                changed.entry(address).or_default().push(departed);
            }
            _ if candidate.said_no => refused.extend(candidate.addresses),
            _ => {}
        }
    }
    let mut all = AddressChanges { slots: SlotSet::new(known.index.len()), ..Default::default() };
    for address in refused {
        all.hold_back(address);
    }
    for (address, departed) in changed {
        if let (Ok([only]), false) =
            (<[_; 1]>::try_from(departed), all.found.contains_key(&address))
        {
            all.add(address, only);
        }
    }
    all
}

impl AddressChanges {
    fn hold_back(&mut self, address: RowAddress) {
        let is_new = matches!(address, RowAddress::New(_));
        if let RowAddress::New(address) | RowAddress::InDoubt(address) = address {
            let is_first = self.found.insert(address, EarlierAddress::SaidNo).is_none();
            self.held_back += usize::from(is_first && is_new);
        }
    }

    fn add(&mut self, address: String, departed: Departed) {
        let Departed { slot, member, is_ours } = departed;
        let earlier = if is_ours {
            self.slots.insert(slot);
            EarlierAddress::Changed(member)
        } else {
            EarlierAddress::Kept(member)
        };
        self.found.insert(address, earlier);
    }
}
