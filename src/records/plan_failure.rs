//! Why it is unknown what a run would do.

use super::batches::ReadFailure;
use crate::{baselines, storage};

/// Why there is no outlook.
#[derive(Debug)]
pub enum PlanFailure {
    Read(ReadFailure),
    Storage(storage::Error),
    /// What was known of members is missing or damaged.
    Damaged,
    /// The segments have more members than were read.
    Incomplete,
    Database(sqlx::Error),
}

impl From<baselines::Error> for PlanFailure {
    fn from(error: baselines::Error) -> Self {
        match error {
            baselines::Error::Damaged { .. } => Self::Damaged,
            baselines::Error::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<sqlx::Error> for PlanFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
