//! Whose address changed, and who said no under another one: newcomers of the segments whose `CustomerId` the baseline
//! knows at another address. A no counts also where only another export to the list has met it.
//!
//! An address changed only when nothing else explains it: one row, one member, and nobody has the old address any
//! more. The member is one whom this service put on the list, and whom no other export holds. All others keep the old
//! address, and are sent as ever. Who said no is not sent under another address either.

use std::collections::{BTreeMap, HashSet};

use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::census::{BaselineIndex, Census, Rows};
use super::known_ids::{Departed, FollowedId, KnownIds, RowAddress, keep_held, known_ids};
use super::other_exports::OtherExports;
use super::plan_failure::PlanFailure;
use crate::baselines::{ListMember, SaidNo, SlotSet};

/// What the baseline says about somebody at a new address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EarlierAddress {
    /// The member, whose address changed.
    Changed(ListMember),
    /// Members who keep their old addresses too: not ours, held by another export, or several.
    Kept(Vec<ListMember>),
    /// The person said no there.
    SaidNo,
}

/// Newcomers whom the baseline knows under another address.
#[derive(Debug, Default)]
pub struct AddressChanges {
    /// By the new address, in lower case.
    found: BTreeMap<String, EarlierAddress>,
    /// Hashes of the new addresses, in lower case, of people who said no.
    refused: HashSet<u64>,
    /// The members whose address changed, by their slots in the baseline.
    slots: SlotSet,
    held_back: usize,
}

impl AddressChanges {
    /// Whether every newcomer is unknown under any address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.refused.is_empty()
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
        let address = address.to_ascii_lowercase();
        if self.refused.contains(&hash(&address)) {
            return Some(&EarlierAddress::SaidNo);
        }
        let is_of = |old: &ListMember| old.customer_id == customer_id;
        self.found.get(&address).filter(|found| match found {
            EarlierAddress::Changed(old) => is_of(old),
            EarlierAddress::Kept(olds) => olds.iter().any(is_of),
            EarlierAddress::SaidNo => true,
        })
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

fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// Finds them. `rows` need no values. Where people come back, `others` have the nos to this export too, and only what a
/// person wished counts. Where it is unknown what the last run sent, nobody's address changes, and a no still counts.
pub async fn find(
    rows: &Rows,
    census: &Census,
    others: &OtherExports<'_>,
) -> Result<AddressChanges, PlanFailure> {
    let known = census.of_ids();
    let mut known_ids = match known.filter(|known| is_possible(known, census)) {
        Some(known) => undamaged(known_ids(&rows.storage, known, census).await)?,
        None => KnownIds::default(),
    };
    if rows.plan.resubscribes() {
        known_ids.said_no.clear();
    }
    let elsewhere = others.said_no;
    keep_held(&rows.storage, others.baselines, &mut known_ids.followed).await?;
    let members = known.map_or(0, |known| known.index.len());
    let mut all = AddressChanges { slots: SlotSet::new(members), ..Default::default() };
    if known_ids.is_empty() && !elsewhere.any(|id| census.has_newcomer_hash(id)) {
        return Ok(all);
    }
    let mut pages = rows.pages();
    while let Some(page) = pages.try_next().await.map_err(PlanFailure::Read)? {
        known_ids.see(rows, (known, elsewhere), &page, |refused| all.hold_back(refused));
    }
    all.decide(known_ids, elsewhere);
    Ok(all)
}

/// Without what is damaged nobody is known under another address; a no to another export still counts.
fn undamaged(found: Result<KnownIds, PlanFailure>) -> Result<KnownIds, PlanFailure> {
    match found {
        Err(PlanFailure::Damaged) => Ok(KnownIds::default()),
        found => found,
    }
}

/// Whether somebody new may be somebody whom the baseline knows.
fn is_possible(known: &BaselineIndex, census: &Census) -> bool {
    census.has_newcomers() && !known.index.is_empty()
}

/// Members who have, or may have, one new address.
#[derive(Default)]
struct Claim {
    departed: Vec<Departed>,
    gone: Vec<ListMember>,
    /// Whether nothing else explains the address.
    is_change: bool,
}

impl AddressChanges {
    /// A no counts, unless the person is on the list by this service all the same. Two members never get one address.
    fn decide(&mut self, KnownIds { said_no, followed }: KnownIds, elsewhere: &SaidNo) {
        let mut claims: BTreeMap<String, Claim> = BTreeMap::new();
        for (id, mut person) in followed {
            let is_change = person.is_change();
            let is_ours = is_change && person.departed.iter().all(Departed::is_ours_on_list);
            if !is_ours {
                let refused = person.addresses.extract_if(.., |one| one.is_refused(&id, elsewhere));
                refused.for_each(|address| self.hold_back(address));
            }
            if said_no.contains(&hash(&id)) && !is_ours {
                person.addresses.into_iter().for_each(|address| self.hold_back(address));
            } else if !person.is_anybody() {
                add_claims(&mut claims, person, is_change);
            }
        }
        for (address, claim) in claims {
            self.add(address, claim);
        }
    }

    fn hold_back(&mut self, address: RowAddress) {
        let is_new = matches!(address, RowAddress::New(_));
        if let Some(address) = address.sent() {
            let is_first = self.refused.insert(hash(&address));
            self.held_back += usize::from(is_first && is_new);
        }
    }

    fn add(&mut self, address: String, Claim { departed, gone, is_change }: Claim) {
        if self.refused.contains(&hash(&address)) {
            return;
        }
        let earlier = match departed.as_slice() {
            [only] if is_change && only.is_ours => {
                self.slots.insert(only.slot);
                EarlierAddress::Changed(only.member.clone())
            }
            _ => {
                let departed = departed.into_iter().map(|one| one.member);
                EarlierAddress::Kept(departed.chain(gone).collect())
            }
        };
        self.found.insert(address, earlier);
    }
}

/// Every member of the id may be the person at each of its new addresses.
fn add_claims(claims: &mut BTreeMap<String, Claim>, person: FollowedId, is_change: bool) {
    let FollowedId { departed, gone, addresses, .. } = person;
    for address in addresses {
        if let Some(address) = address.sent() {
            let is_first = !claims.contains_key(&address);
            let claim = claims.entry(address).or_default();
            claim.is_change = is_change && is_first;
            claim.departed.extend(departed.iter().cloned());
            claim.gone.extend(gone.iter().cloned());
        }
    }
}
