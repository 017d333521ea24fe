//! Reads who left a list, and keeps those whom an export knows.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDateTime};

use super::clock::{AccountClock, MOMENT};
use super::departed::{Departed, DepartedState};
use crate::app::App;
use crate::baselines::{self, Baseline, MemberState, find_addresses};
use crate::campaign_monitor::{Error, MovedPage};
use crate::connections::session::AccountSession;

/// More pages of a state are not read for one call: two hundred thousand people.
const PAGES_MAX: i64 = 200;
/// People who come back while pages are read shift those behind them: then all pages are read once more.
const READS_MAX: usize = 3;

/// When people left, on the clock of the account: from a moment on, and before another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    pub from: Option<NaiveDateTime>,
    pub to: Option<NaiveDateTime>,
}

/// Why it cannot be said who left.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    #[error(transparent)]
    Destination(#[from] Error),
    #[error(transparent)]
    Baseline(#[from] baselines::Error),
    /// More people left than are read at once.
    #[error("more than {} people left", PAGES_MAX * 1000)]
    TooMany,
}

impl Window {
    fn has(&self, date: NaiveDateTime) -> bool {
        self.from.is_none_or(|from| date >= from) && self.to.is_none_or(|to| date < to)
    }

    /// The same from a position on, which is later.
    #[must_use]
    pub fn starting_at(self, position: Option<[i64; 2]>) -> Self {
        let date = position.and_then(|[seconds, _]| DateTime::from_timestamp(seconds, 0));
        Self { from: date.map(|date| date.naive_utc()).or(self.from), ..self }
    }

    /// The day with which a list by date begins: whether it understands times is not documented.
    fn first_day(&self) -> String {
        self.from.map(|from| from.format("%Y-%m-%d").to_string()).unwrap_or_default()
    }
}

/// The people of a baseline who left its list in a window, in the order of their positions, each once.
pub async fn read(
    app: &App,
    session: &AccountSession,
    baseline: &Baseline,
    clock: AccountClock,
    window: Window,
) -> Result<Vec<Departed>, FeedbackError> {
    let mut all = Vec::new();
    for state in DepartedState::ALL {
        let left = left(session, &baseline.list_id, state, window).await?;
        all.extend(known(app, baseline, state, clock, left).await?);
    }
    Ok(in_order(all))
}

/// In the order of their positions, each once.
pub(super) fn in_order(mut all: Vec<Departed>) -> Vec<Departed> {
    all.sort_by_cached_key(Departed::position);
    all.dedup_by_key(|departed| departed.position());
    all
}

/// Some who are in a state, by address in lower case, with the moment since when.
pub(super) type Left = BTreeMap<String, NaiveDateTime>;

async fn left(
    session: &AccountSession,
    list: &str,
    state: DepartedState,
    window: Window,
) -> Result<Left, FeedbackError> {
    let mut left = Left::new();
    for _ in 0..READS_MAX {
        if read_once(session, list, state, window, &mut left).await? {
            return Ok(left);
        }
    }
    // Somebody may be missing.
    Err(FeedbackError::Destination(Error::Interrupted))
}

/// Adds everybody; false when people left the state meanwhile, so that some may be missing.
async fn read_once(
    session: &AccountSession,
    list: &str,
    state: DepartedState,
    window: Window,
    left: &mut Left,
) -> Result<bool, FeedbackError> {
    let (mut total, mut is_steady) = (0, true);
    for number in 1.. {
        let page = read_page(session, list, state, window, number, left).await?;
        if page.number_of_pages > PAGES_MAX {
            return Err(FeedbackError::TooMany);
        }
        is_steady &= page.total_number_of_records >= total;
        total = page.total_number_of_records;
        if number >= page.number_of_pages {
            break;
        }
    }
    Ok(is_steady)
}

/// Adds everybody of a page.
pub(super) async fn read_page(
    session: &AccountSession,
    list: &str,
    state: DepartedState,
    window: Window,
    number: i64,
    left: &mut Left,
) -> Result<MovedPage, Error> {
    let (day, word) = (&window.first_day(), state.listed().word());
    let call = session.call(|account| async move { account.moved(list, word, day, number).await });
    let page: MovedPage = call.await?;
    for (email, date) in page.people() {
        let date = NaiveDateTime::parse_from_str(date, MOMENT);
        let date = date.map_err(|_| Error::Interrupted)?;
        if window.has(date) {
            left.insert(email.to_lowercase(), date);
        }
    }
    Ok(page)
}

/// Those whom the baseline knows, unless this service unsubscribed them, or has never sent them.
pub(super) async fn known(
    app: &App,
    baseline: &Baseline,
    state: DepartedState,
    clock: AccountClock,
    left: Left,
) -> Result<Vec<Departed>, baselines::Error> {
    let addresses: Vec<_> = left.keys().cloned().collect();
    let found = find_addresses(&app.storage, baseline, &addresses).await?;
    let dates: HashMap<_, _> = left.into_iter().collect();
    let departed = |member: baselines::ListMember| {
        let date = *dates.get(&member.address.to_lowercase())?;
        let (email, customer_id) = (member.address, member.customer_id);
        Some(Departed { email, customer_id, state, date, date_utc: clock.utc(date) })
    };
    let ours = found.into_iter().map(|found| found.member).filter(|member| is_ours(member.state));
    Ok(ours.filter_map(departed).collect())
}

const fn is_ours(state: MemberState) -> bool {
    !matches!(state, MemberState::UnsubscribedByUs | MemberState::HeldBack)
}
