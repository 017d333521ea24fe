//! What a member is to its list, as far as this service knows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What Campaign Monitor last acknowledged or reported of a member. The numbers are stored: they stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum MemberState {
    /// Accepted, and not known to have left.
    OnList = 0,
    /// The person has unsubscribed, or somebody has unsubscribed them at Campaign Monitor.
    Unsubscribed = 1,
    /// Mail to the address could not be delivered.
    Bounced = 2,
    /// Somebody has deleted the subscriber at Campaign Monitor.
    Deleted = 3,
    /// The address is on the suppression list of the client.
    Suppressed = 4,
    /// The person has not confirmed the subscription yet.
    Unconfirmed = 5,
    /// Campaign Monitor holds the record back, to check it.
    Flagged = 6,
    /// Left the segment, and this service has deleted the subscriber.
    DeletedByUs = 7,
    /// Left the segment, and this service has unsubscribed the person.
    UnsubscribedByUs = 8,
    /// Sent, but no answer says whether it was stored.
    InDoubt = 9,
    /// Left the segment, and this service has set the flag that says so.
    FlaggedByUs = 10,
    /// Left the segment, and stays on the list because another export sends the member there.
    LetGo = 11,
    /// The list has nobody with this address any more: the person has another one now, or none is known.
    Moved = 12,
    /// Not sent, because the person has said no under another address, or before the list was emptied.
    HeldBack = 13,
}

impl MemberState {
    /// Each at the position of its number.
    pub const ALL: [Self; 14] = [
        Self::OnList,
        Self::Unsubscribed,
        Self::Bounced,
        Self::Deleted,
        Self::Suppressed,
        Self::Unconfirmed,
        Self::Flagged,
        Self::DeletedByUs,
        Self::UnsubscribedByUs,
        Self::InDoubt,
        Self::FlaggedByUs,
        Self::LetGo,
        Self::Moved,
        Self::HeldBack,
    ];

    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnList => "onList",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Deleted => "deleted",
            Self::Suppressed => "suppressed",
            Self::Unconfirmed => "unconfirmed",
            Self::Flagged => "flagged",
            Self::DeletedByUs => "deletedByUs",
            Self::UnsubscribedByUs => "unsubscribedByUs",
            Self::InDoubt => "inDoubt",
            Self::FlaggedByUs => "flaggedByUs",
            Self::LetGo => "letGo",
            Self::Moved => "moved",
            Self::HeldBack => "heldBack",
        }
    }

    /// Whether an export has let go of the member: another one that does so too may take it off the list.
    #[must_use]
    pub const fn is_let_go(self) -> bool {
        use MemberState::{DeletedByUs, FlaggedByUs, LetGo, Moved, UnsubscribedByUs};
        matches!(self, LetGo | FlaggedByUs | DeletedByUs | UnsubscribedByUs | Moved)
    }

    /// Whether the list has nobody with the address: then somebody who turns up there is new.
    #[must_use]
    pub const fn is_unused(self) -> bool {
        matches!(self, Self::Moved | Self::HeldBack)
    }

    /// Whether the person is not to get mail, also not under another address.
    #[must_use]
    pub const fn is_no(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Deleted | Self::Suppressed | Self::HeldBack)
    }

    /// Whether that is, or may be, the wish of the person, and not only of somebody who deleted them.
    #[must_use]
    pub const fn is_own_wish(self) -> bool {
        self.is_no() && !matches!(self, Self::Deleted)
    }

    /// Whether the member is off the list: one who is on it again came back, through this service or by another way.
    #[must_use]
    pub const fn has_left(self) -> bool {
        use MemberState::{Bounced, Deleted, Suppressed, Unsubscribed};
        self.is_removed_by_us() || matches!(self, Unsubscribed | Bounced | Deleted | Suppressed)
    }

    /// Whether Campaign Monitor rejects the member by that state, as long as it is so.
    #[must_use]
    pub const fn is_refused(self) -> bool {
        use MemberState::{Bounced, Deleted, Suppressed, Unconfirmed, Unsubscribed};
        matches!(self, Unsubscribed | Bounced | Deleted | Suppressed | Unconfirmed)
    }

    /// Whether this service took the member off the list, so that only `Resubscribe` brings it back.
    #[must_use]
    pub const fn is_removed_by_us(self) -> bool {
        matches!(self, Self::DeletedByUs | Self::UnsubscribedByUs)
    }
}

/// Who put a member on the list. The numbers are stored: they stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum MemberOrigin {
    /// A call of this service, whose answer proves it.
    Ours = 0,
    /// Perhaps this service: an answer says only how many of a call were new.
    Unknown = 1,
    /// Somebody else, before this service sent the member.
    Stranger = 2,
}

impl MemberOrigin {
    /// Each at the position of its number.
    pub const ALL: [Self; 3] = [Self::Ours, Self::Unknown, Self::Stranger];

    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Unknown => "unknown",
            Self::Stranger => "stranger",
        }
    }
}

/// How many bits state and origin take together.
pub(super) const STATE_BITS: u32 = 6;
/// The lower bits, for the state.
const STATE: u64 = 0b1111;

/// State and origin in one number of [`STATE_BITS`] bits.
pub(super) const fn encode(state: MemberState, origin: MemberOrigin) -> u64 {
    state as u64 | (origin as u64) << STATE.count_ones()
}

/// `None` for a number that `encode` never makes.
pub(super) fn decode(number: u64) -> Option<(MemberState, MemberOrigin)> {
    let at = |number: u64| usize::try_from(number).ok();
    let state = MemberState::ALL.get(at(number & STATE)?)?;
    let origin = MemberOrigin::ALL.get(at(number >> STATE.count_ones())?)?;
    Some((*state, *origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_origin_fits_in_six_bits_and_comes_back() {
        for state in MemberState::ALL {
            for origin in MemberOrigin::ALL {
                let number = encode(state, origin);
                assert!(number < 1 << STATE_BITS);
                assert_eq!(decode(number), Some((state, origin)));
            }
        }
        for number in [14, 15, 0b11_0000, 1 << STATE_BITS, u64::MAX] {
            assert_eq!(decode(number), None, "{number}");
        }
    }

    #[test]
    fn a_state_and_an_origin_are_the_same_word_everywhere() {
        for state in MemberState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
        }
        for origin in MemberOrigin::ALL {
            assert_eq!(serde_json::to_value(origin).unwrap(), origin.word());
        }
    }

    #[test]
    fn the_numbers_stay_as_they_are_stored() {
        assert_eq!(encode(MemberState::OnList, MemberOrigin::Ours), 0);
        assert_eq!(encode(MemberState::Unsubscribed, MemberOrigin::Unknown), 17);
        assert_eq!(encode(MemberState::InDoubt, MemberOrigin::Stranger), 41);
    }
}
