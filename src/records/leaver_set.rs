//! Who leaves: members of a baseline whom the segments do not have any more, and to whom a run may do something.
//!
//! Only people whom this service put on the list, as an answer proves, and whom no other export holds there. Somebody
//! whom another export holds is let go: when that one lets go too, the person leaves.

use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::address_changes::AddressChanges;
use super::census::{BaselineIndex, Census};
use crate::baselines::{
    self, Baseline, Index, Known, ListMember, MemberOrigin, MemberState, SlotSet,
};
use crate::exports::Leavers;
use crate::names::RunId;
use crate::storage::Storage;

/// People who leave, by their slots in one version of a baseline.
#[derive(Debug, Default)]
pub struct LeaverSet {
    /// Something is done to them.
    pub act: SlotSet,
    /// They stay on the list, because another export holds them.
    pub let_go: SlotSet,
    /// All of these, and those who stay because they are not ours, or still in the segments under another address.
    pub found: usize,
    /// Of the addresses of those to whom something is done.
    pub digest: [u8; 32],
    /// The oldest run with an answer about one of them.
    pub since: Option<RunId>,
}

impl LeaverSet {
    /// Nobody leaves, and so many who are not in the segments stay as they are.
    #[must_use]
    pub fn of_kept(found: usize, action: &Leavers) -> Self {
        if *action == Leavers::Keep {
            return Self::default();
        }
        Self { found, digest: Sha256::new().finalize().into(), ..Self::default() }
    }

    /// Nothing is done to anybody.
    pub fn forget(&mut self) {
        (self.act, self.let_go) = (SlotSet::default(), SlotSet::default());
    }

    /// Those to whom nothing is done.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.found - self.act.len()
    }
}

/// Finds them. `others` are the baselines of all other exports to the list: without one of them nobody knows whom it
/// holds. Who has another address now has not left.
pub async fn find(
    storage: &Storage,
    census: &Census,
    changes: &AddressChanges,
    action: &Leavers,
    others: &[Baseline],
) -> Result<LeaverSet, baselines::Error> {
    let Some(BaselineIndex { baseline, index, .. }) = &census.known else {
        return Ok(LeaverSet::default());
    };
    let candidates = select(index, |known| {
        let is_here = census.met.contains(known.slot) || changes.has_slot(known.slot);
        is_candidate(known, action) && !is_here
    });
    let mut elsewhere = Elsewhere {
        ours: select(index, |known| known.origin == MemberOrigin::Ours),
        let_go: SlotSet::new(index.len()),
    };
    for other in others.iter().filter(|_| !candidates.is_empty()) {
        each_member(storage, other, |member| {
            let known = index.find(baseline.key(&member.address));
            if let Some(known) = known.filter(|known| candidates.contains(known.slot)) {
                elsewhere.meet(known.slot, member);
            }
        })
        .await?;
    }
    let Elsewhere { ours, mut let_go } = elsewhere;
    let (mut act, mut digest, mut since) = (SlotSet::new(index.len()), Sha256::new(), None);
    each(storage, baseline, &candidates, |slot, member| {
        let is_unreachable = census.is_unreachable(&member.customer_id);
        if is_unreachable {
            let_go.remove(slot);
        }
        let is_kept = is_unreachable || let_go.contains(slot);
        if ours.contains(slot) && !is_kept && act.insert(slot) {
            digest.update(member.address.to_ascii_lowercase());
            digest.update("\n");
            let oldest =
                since.map_or(member.run, |oldest: RunId| RunId(oldest.0.min(member.run.0)));
            since = Some(oldest);
        }
    })
    .await?;
    let (found, digest) = (candidates.len(), digest.finalize().into());
    Ok(LeaverSet { act, let_go, found, digest, since })
}

/// What the other exports to the list know of people, by their slots in the baseline of this one.
struct Elsewhere {
    /// This service put them on the list.
    ours: SlotSet,
    /// Another export still sends them.
    let_go: SlotSet,
}

impl Elsewhere {
    fn meet(&mut self, slot: usize, member: &ListMember) {
        let state = member.state;
        if !state.is_let_go() && !state.is_unused() {
            self.let_go.insert(slot);
        }
        // Who was off the list since and is on it again came back by another way.
        let was_off = state.has_left() || state.is_unused();
        if member.origin == MemberOrigin::Ours && !was_off {
            self.ours.insert(slot);
        }
    }
}

/// Whether a member is on the list in a way that the action changes.
fn is_candidate(known: &Known, action: &Leavers) -> bool {
    match (action, known.state) {
        (Leavers::Keep, _) => false,
        (_, MemberState::OnList | MemberState::InDoubt) => true,
        (Leavers::Delete | Leavers::Unsubscribe, state) => state == MemberState::FlaggedByUs,
        (Leavers::Flag(_), _) => false,
    }
}

fn select(index: &Index, is_in: impl Fn(&Known) -> bool) -> SlotSet {
    let mut set = SlotSet::new(index.len());
    for known in index.iter().filter(is_in) {
        set.insert(known.slot);
    }
    set
}

/// Shows every member of a set, in the order of slots.
pub async fn each(
    storage: &Storage,
    baseline: &Baseline,
    set: &SlotSet,
    mut show: impl FnMut(usize, &ListMember),
) -> Result<(), baselines::Error> {
    if set.is_empty() {
        return Ok(());
    }
    let mut slot = 0;
    each_member(storage, baseline, |member| {
        if set.contains(slot) {
            show(slot, member);
        }
        slot += 1;
    })
    .await
}

async fn each_member(
    storage: &Storage,
    baseline: &Baseline,
    mut show: impl FnMut(&ListMember),
) -> Result<(), baselines::Error> {
    let mut pages = baselines::members(storage, baseline);
    while let Some(page) = pages.try_next().await? {
        page.iter().for_each(&mut show);
    }
    Ok(())
}
