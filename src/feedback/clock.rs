//! The clock of a Campaign Monitor account. Its moments name no zone: how far it is ahead of ours tells them.

use chrono::{NaiveDateTime, TimeDelta};

use crate::campaign_monitor::Error;
use crate::connections::session::AccountSession;
use crate::db::{self, Time};

/// How the vendor writes a moment.
pub(super) const MOMENT: &str = "%Y-%m-%d %H:%M:%S";
/// Zones differ by quarters of an hour; the rest of a difference is the time that the call took.
const QUARTER_SECONDS: i64 = 15 * 60;

/// How far the clock of an account is ahead of UTC now. Where a zone has summer time, moments of the other half of the
/// year are an hour wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountClock {
    ahead: TimeDelta,
}

impl AccountClock {
    /// Asks the account for its time.
    pub async fn read(session: &AccountSession) -> Result<Self, Error> {
        let shown = session.call(|account| async move { account.system_date().await }).await?;
        Self::of(&shown, db::now()).ok_or(Error::Interrupted)
    }

    /// From what it shows; `None` of what is no time.
    #[must_use]
    pub fn of(shown: &str, now: Time) -> Option<Self> {
        // Seconds may be missing.
        let shown = shown.trim();
        let local = NaiveDateTime::parse_from_str(shown, MOMENT)
            .or_else(|_| NaiveDateTime::parse_from_str(shown, "%Y-%m-%d %H:%M"))
            .ok()?;
        let seconds = (local - now.naive_utc()).num_seconds();
        let quarters = (seconds + QUARTER_SECONDS / 2).div_euclid(QUARTER_SECONDS);
        Some(Self { ahead: TimeDelta::seconds(quarters * QUARTER_SECONDS) })
    }

    /// What it shows at a moment.
    #[must_use]
    pub fn local(self, moment: Time) -> NaiveDateTime {
        moment.naive_utc() + self.ahead
    }

    /// The moment at which it shows this.
    #[must_use]
    pub fn utc(self, local: NaiveDateTime) -> Time {
        (local - self.ahead).and_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_by_quarters_of_an_hour() {
        let now: Time = "2026-11-30T12:00:07Z".parse().unwrap();
        for (shown, minutes) in [
            ("2026-11-30 12:00:05", 0),
            ("2026-11-30 14:00", 120),
            ("2026-11-30 17:44:58", 345),
            ("2026-11-30 04:00:09", -480),
        ] {
            let clock = AccountClock::of(shown, now).unwrap();
            assert_eq!(clock.ahead, TimeDelta::minutes(minutes), "{shown}");
            assert_eq!(clock.utc(clock.local(now)), now);
        }
        assert_eq!(AccountClock::of("yesterday", now), None);
    }
}
