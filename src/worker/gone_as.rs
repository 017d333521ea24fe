//! What the state that the list has of somebody means for a leaver.

use crate::campaign_monitor::SubscriberState;
use crate::runs::LeaverOutcome;

/// The outcome for a leaver who is off the list already; `None` of one who is on it.
pub const fn gone_as(state: SubscriberState) -> Option<LeaverOutcome> {
    match state {
        SubscriberState::Unsubscribed => Some(LeaverOutcome::GoneUnsubscribed),
        SubscriberState::Bounced => Some(LeaverOutcome::GoneBounced),
        SubscriberState::Deleted => Some(LeaverOutcome::Gone),
        SubscriberState::Active | SubscriberState::Unconfirmed | SubscriberState::Other => None,
    }
}
