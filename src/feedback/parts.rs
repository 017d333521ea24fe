//! Reads everybody who left, in parts: however many people left a list, no more than a part of them is held at once.

use super::clock::AccountClock;
use super::departed::{Departed, DepartedState};
use super::read::{FeedbackError, Left, Window, in_order, known, read_page};
use crate::app::App;
use crate::baselines::Baseline;
use crate::connections::session::AccountSession;

/// Pages of a part: twenty thousand people.
const PART_PAGES: usize = 20;

/// The list whose leavers are read, and who was sent there.
pub(super) struct Leavers {
    pub session: AccountSession,
    pub baseline: Baseline,
    pub clock: AccountClock,
}

/// A reading of both states, page after page.
pub(super) struct Parts<'a> {
    of: &'a Leavers,
    /// The states that are not read to the end.
    states: &'static [DepartedState],
    /// The next page of the first of them.
    page: i64,
    /// The people in this state, as its last page said.
    total: i64,
    is_steady: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn new(of: &'a Leavers) -> Self {
        Self { of, states: &DepartedState::ALL, page: 1, total: 0, is_steady: true }
    }

    /// False when people left a state meanwhile: that shifts those behind them, so some may be missing.
    pub(super) fn is_steady(&self) -> bool {
        self.is_steady
    }

    /// The next of those whom the export knows, in the order of their positions; `None` after the last part.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<Vec<Departed>>, FeedbackError> {
        if self.states.is_empty() {
            return Ok(None);
        }
        let mut left = DepartedState::ALL.map(|state| (state, Left::new()));
        for _ in 0..PART_PAGES {
            let Some(state) = self.states.first() else { break };
            let of_state = left.iter_mut().find(|(one, _)| one == state);
            if let Some((state, left)) = of_state {
                self.read_page(*state, left).await?;
            }
        }
        let Leavers { baseline, clock, .. } = self.of;
        let mut all = Vec::new();
        for (state, left) in left {
            all.extend(known(app, baseline, state, *clock, left).await?);
        }
        Ok(Some(in_order(all)))
    }

    async fn read_page(
        &mut self,
        state: DepartedState,
        left: &mut Left,
    ) -> Result<(), FeedbackError> {
        let Leavers { session, baseline, .. } = self.of;
        let (list, window) = (&baseline.list_id, Window::default());
        let page = read_page(session, list, state, window, self.page, left).await?;
        self.is_steady &= page.total_number_of_records >= self.total;
        if self.page < page.number_of_pages {
            (self.page, self.total) = (self.page + 1, page.total_number_of_records);
        } else {
            (self.page, self.total) = (1, 0);
            self.states = &self.states[1..];
        }
        Ok(())
    }
}
