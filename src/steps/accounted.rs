//! How far a run has come: the rows that have an outcome, which no call may name any more.

use std::collections::BTreeMap;

/// Rows of a run that need no batch any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Accounted {
    /// Those before this one.
    pub position: i64,
    /// Those of the batches behind it that are written: first row and end.
    pub answered: BTreeMap<i64, i64>,
}

impl Accounted {
    /// Whether every row still needs a batch.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.position == 0 && self.answered.is_empty()
    }

    /// Whether the rows from `first` up to `end`, of one page, have an outcome.
    #[must_use]
    pub fn has(&self, first: i64, end: i64) -> bool {
        end <= self.position || has_row(&self.answered, first)
    }

    /// The same with more batches that are written, each by its first row and its end. The position moves as far as no
    /// batch is missing.
    #[must_use]
    pub fn with(&self, written: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let Self { mut position, mut answered } = self.clone();
        answered.extend(written);
        while let Some(end) = answered.remove(&position) {
            position = end;
        }
        Self { position, answered }
    }

    /// Rows up to here may be sent before the next checkpoint is written, if so many rows may be in flight. Whatever of
    /// them has no outcome when the process dies is in doubt.
    #[must_use]
    pub fn sent_until(&self, window: i64) -> i64 {
        let last = self.answered.last_key_value().map_or(self.position, |(_, end)| *end);
        last + window
    }
}

/// Whether one of these batches has this row.
#[must_use]
pub fn has_row(batches: &BTreeMap<i64, i64>, row: i64) -> bool {
    batches.range(..=row).next_back().is_some_and(|(_, end)| row < *end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_waits_for_a_batch_that_is_missing() {
        let begun = Accounted::default();
        let gap = begun.with([(2, 4), (4, 6)]);
        assert_eq!((gap.position, gap.answered.len()), (0, 2));
        assert!(gap.has(2, 4) && !gap.has(0, 2) && gap.sent_until(4) == 10);
        let closed = gap.with([(0, 2)]);
        assert_eq!(closed, Accounted { position: 6, answered: BTreeMap::new() });
        assert!(closed.has(2, 4) && !closed.has(6, 8) && closed.sent_until(4) == 10);
    }
}
