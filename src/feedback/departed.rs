//! A person who left a list.

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;
use xxhash_rust::xxh3::xxh3_64;

use crate::campaign_monitor::SubscriberState;
use crate::db::Time;

/// How a person left, of their own wish or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DepartedState {
    /// By their own wish, or because somebody unsubscribed them at Campaign Monitor.
    Unsubscribed,
    /// Mail to the address could not be delivered.
    Bounced,
}

impl DepartedState {
    pub const ALL: [Self; 2] = [Self::Unsubscribed, Self::Bounced];

    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
        }
    }

    /// The state at Campaign Monitor.
    pub(super) const fn listed(self) -> SubscriberState {
        match self {
            Self::Unsubscribed => SubscriberState::Unsubscribed,
            Self::Bounced => SubscriberState::Bounced,
        }
    }
}

/// A person of an export who left its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departed {
    /// As it was sent.
    pub email: String,
    pub customer_id: String,
    pub state: DepartedState,
    /// Since when, on the clock of the account.
    pub date: NaiveDateTime,
    /// The same moment in UTC.
    pub date_utc: Time,
}

impl Departed {
    /// Where the person stands among others: by the moment, and then in an order without meaning. It shows no
    /// address.
    #[must_use]
    pub fn position(&self) -> [i64; 2] {
        let who = format!("{} {}", self.state.word(), self.email.to_lowercase());
        [self.date.and_utc().timestamp(), (xxh3_64(who.as_bytes()) >> 1).cast_signed()]
    }
}
