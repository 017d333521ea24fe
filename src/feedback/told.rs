//! Whom the files of an export have: by keyed hashes, because nobody needs their addresses for that.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::departed::Departed;
use crate::erasures::TombstoneKey;

/// The clock of an account changes by an hour twice a year, so that one departure may be shown an hour later. Who comes
/// back and leaves again within that time is not told twice.
const CLOCK_CHANGE: TimeDelta = TimeDelta::minutes(61);

/// Somebody whom a file has. The columns are explained in the migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct ToldPerson {
    pub digest: i64,
    pub left_at: i64,
    pub file: i64,
}

/// Those of some people whom the files of one export have.
pub(super) struct Told {
    key: TombstoneKey,
    people: HashMap<i64, ToldPerson>,
}

impl Told {
    pub(super) fn new(key: TombstoneKey, people: Vec<ToldPerson>) -> Self {
        Self { key, people: people.into_iter().map(|one| (one.digest, one)).collect() }
    }

    /// The number of the file that has this departure, and no earlier one of the same person; `None` when none has it.
    pub(super) fn file_of(&self, departed: &Departed) -> Option<i64> {
        let known = self.people.get(&Self::digest(&self.key, departed))?;
        let is_known = left_at(departed) <= known.left_at + CLOCK_CHANGE.num_seconds();
        is_known.then_some(known.file)
    }

    /// As it is kept once a file has them.
    pub(super) fn person(&self, departed: &Departed, file: i64) -> ToldPerson {
        ToldPerson { digest: Self::digest(&self.key, departed), left_at: left_at(departed), file }
    }

    /// What is kept of who left.
    pub(super) fn digest(key: &TombstoneKey, departed: &Departed) -> i64 {
        key.of_departure(departed.state.word(), &departed.email)
    }
}

fn left_at(departed: &Departed) -> i64 {
    departed.date.and_utc().timestamp()
}
