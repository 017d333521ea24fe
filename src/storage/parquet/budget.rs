//! How much memory the open pages of a file may take together.
//!
//! A file is read row by row, so one page of each column is open at a time, and its dictionary. Values of text are
//! views into these pages, so a page that was read to its end is held until the rows read with it are done.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::page::{ColumnForm, PageHeader};

pub(super) struct Budget {
    bytes_max: u64,
    /// How many rows are read at once.
    rows: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    used: u64,
    columns: Vec<Open>,
    is_exceeded: bool,
}

#[derive(Clone, Copy, Default)]
struct Open {
    dictionary: u64,
    page: u64,
}

impl Budget {
    pub(super) fn new(bytes_max: u64, rows: usize, columns: usize) -> Self {
        let state = State { columns: vec![Open::default(); columns], ..State::default() };
        Self { bytes_max, rows: rows as u64, state: state.into() }
    }

    /// Makes room for a page of a column before it is decompressed; false when there is none.
    pub(super) fn open(&self, column: usize, form: ColumnForm, page: &PageHeader) -> bool {
        let cost = page.cost(form, self.rows);
        let mut state = self.state();
        if state.used.saturating_add(cost) > self.bytes_max {
            state.is_exceeded = true;
            return false;
        }
        state.used += cost;
        let Some(open) = state.columns.get_mut(column) else { return true };
        if page.is_dictionary() {
            *open = Open { dictionary: cost, page: 0 };
        } else {
            open.page = cost;
        }
        true
    }

    /// The rows that were read before are done: only what is open still counts.
    pub(super) fn next_rows(&self) {
        let mut state = self.state();
        state.used = state.columns.iter().map(|open| open.dictionary + open.page).sum();
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.state().is_exceeded
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
